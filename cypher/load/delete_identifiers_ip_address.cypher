// Remove IpAddress nodes that no longer follow from the clean days.
// Returns: written
// Generated from schemas/ by `make generated`: change the model, not this file.
// :param ip => ['ip-1']
UNWIND range(0, size($ip) - 1) AS i
MATCH (n:IpAddress {ip: $ip[i]})
DETACH DELETE n
RETURN count(*) AS written
