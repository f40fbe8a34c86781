// Which IpAddress nodes are there, and what is known of each?
// Returns: written
// Generated from schemas/ by `make generated`: change the model, not this file.
// :param ip => ['ip-1']
// :param asn => [3]
// :param network_kind => ['residential']
// :param country => ['country-1']
// :param updated_on => ['2026-03-01']
UNWIND range(0, size($ip) - 1) AS i
MERGE (n:IpAddress {ip: $ip[i]})
SET n.asn = $asn[i],
  n.network_kind = $network_kind[i],
  n.country = $country[i],
  n.updated_on = date($updated_on[i])
RETURN count(*) AS written
