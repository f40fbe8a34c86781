// From which countries and networks do the members of a ring come?
// Returns: country, asn, network_kind, members, addresses, hubs (of these addresses), first_seen, last_seen
// :param ring_id => 'R-7F3K2A'
// :param limit => 100
MATCH (:Ring {ring_id: $ring_id})<-[:MEMBER_OF]-(a:Account)-[c:CONNECTED_FROM]->(x:IpAddress)
RETURN x.country AS country, x.asn AS asn, x.network_kind AS network_kind, count(DISTINCT a) AS members,
  count(DISTINCT x) AS addresses, count(DISTINCT CASE WHEN x.hub THEN x END) AS hubs,
  min(c.first_seen) AS first_seen, max(c.last_seen) AS last_seen
ORDER BY members DESC, addresses DESC, country, asn, network_kind
LIMIT $limit
