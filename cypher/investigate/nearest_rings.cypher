// Which other rings are linked to this one, by how many accounts and by what?
// Returns: ring, kind, size, our_accounts, their_accounts, bits, facets
// :param ring_id => 'R-7F3K2A'
// :param limit => 20
MATCH (r:Ring {ring_id: $ring_id})<-[:MEMBER_OF]-(a:Account)-[l:LINKED_TO]-(b:Account)-[:MEMBER_OF]->(other:Ring)
WHERE other <> r
UNWIND l.facets AS facet
WITH other, a, b, l, facet
ORDER BY facet
RETURN other.ring_id AS ring, other.kind AS kind, other.size AS size, count(DISTINCT a) AS our_accounts,
  count(DISTINCT b) AS their_accounts, max(l.bits) AS bits, collect(DISTINCT facet) AS facets
ORDER BY bits DESC, ring
LIMIT $limit
