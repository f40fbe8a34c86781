// The picture of a ring: its members, and what two or more of them share.
// Returns: path (Neo4j Browser draws it)
// :param ring_id => 'R-7F3K2A'
// :param limit => 50
MATCH (a:Account)-[m:MEMBER_OF]->(r:Ring {ring_id: $ring_id})
WITH r, a, m
ORDER BY m.probability DESC, a.account_id
LIMIT $limit
CALL (a) {
  MATCH (a)-->(x)
  WHERE NOT x:Account AND NOT x:Ring
  RETURN DISTINCT x
}
WITH r, x, collect(a) AS users
WHERE size(users) > 1
WITH r, collect(x) AS shared
MATCH member = (a:Account)-[m:MEMBER_OF]->(r)
WITH member, shared, a, m
ORDER BY m.probability DESC, a.account_id
LIMIT $limit
OPTIONAL MATCH use = (a)-[u]->(x)
WHERE x IN shared
WITH member, m, a, use, u, x
ORDER BY m.probability DESC, a.account_id, type(u), x.accounts, elementId(x)
WITH member, m, a, collect(use) AS uses
ORDER BY m.probability DESC, a.account_id
UNWIND [member] + uses AS path
RETURN path
