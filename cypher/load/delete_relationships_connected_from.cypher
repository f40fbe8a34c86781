// Remove what no longer follows from the clean days: (:Account)-[:CONNECTED_FROM]->(:IpAddress).
// Returns: written
// Generated from schemas/ by `make generated`: change the model, not this file.
// :param account_id => ['account_id-1']
// :param ip => ['ip-1']
UNWIND range(0, size($account_id) - 1) AS i
MATCH (:Account {account_id: $account_id[i]})-[r:CONNECTED_FROM]->(x:IpAddress)
WHERE x.ip = $ip[i]
DELETE r
RETURN count(r) AS written
