// The picture of a ring: its members, and what two or more of them share.
// Returns: path (Neo4j Browser draws it)
// :param ring_id => 'R-7F3K2A'
// :param limit => 50
MATCH (a:Account)-[m:MEMBER_OF]->(r:Ring {ring_id: $ring_id})
WITH r, a
ORDER BY m.probability DESC, a.account_id
LIMIT $limit
WITH r, collect(a) AS members
UNWIND range(0, size(members) - 1) AS place
WITH r, members, place, members[place] AS a
MATCH path = (a)-[u]->(x)
WHERE x = r
  OR (NOT x:Account AND NOT x:Ring AND COUNT { (x)<--(b:Account) WHERE b IN members } > 1)
RETURN path
ORDER BY place, type(u), x.accounts, elementId(x)
