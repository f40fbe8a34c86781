// Which members of a ring sent money to each other or invited each other?
// Returns: source, relationship, target, events, first_seen, last_seen
// :param ring_id => 'R-7F3K2A'
// :param limit => 200
MATCH (r:Ring {ring_id: $ring_id})<-[:MEMBER_OF]-(a:Account)-[d]->(b:Account)-[:MEMBER_OF]->(r)
WHERE NOT type(d) IN ['LINKED_TO', 'PAID']
RETURN a.account_id AS source, type(d) AS relationship, b.account_id AS target, d.events AS events,
  d.first_seen AS first_seen, d.last_seen AS last_seen
ORDER BY source, relationship, target
LIMIT $limit
