// What money went between members of a ring, and between them and others, in the window?
// Returns: direction, source, target, currency, amount, payments, first_paid, last_paid
// :param ring_id => 'R-7F3K2A'
// :param limit => 200
MATCH (r:Ring {ring_id: $ring_id})<-[:MEMBER_OF]-(m:Account)-[p:PAID]-(:Account)
WITH DISTINCT r, p, startNode(p) AS source, endNode(p) AS target
WITH p, source, target, EXISTS { (source)-[:MEMBER_OF]->(r) } AS sends, EXISTS { (target)-[:MEMBER_OF]->(r) } AS receives
RETURN CASE WHEN sends AND receives THEN 'between members' WHEN sends THEN 'to others' ELSE 'from others' END
    AS direction,
  source.account_id AS source, target.account_id AS target, p.currency AS currency, p.amount AS amount,
  p.payments AS payments, p.first_paid AS first_paid, p.last_paid AS last_paid
ORDER BY direction, amount DESC, source, target, currency
LIMIT $limit
