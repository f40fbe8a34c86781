// What does the graph say of each IpAddress?
// Returns: ip, asn, network_kind, country, updated_on
// Generated from schemas/ by `make generated`: change the model, not this file.
MATCH (n:IpAddress)
WHERE n.ip IS NOT NULL
RETURN n.ip AS ip,
  n.asn AS asn,
  n.network_kind AS network_kind,
  n.country AS country,
  toString(n.updated_on) AS updated_on
