// Which accounts are linked to members of a ring without being in one?
// Returns: account, members, bits, facets
// :param ring_id => 'R-7F3K2A'
// :param limit => 50
MATCH (:Ring {ring_id: $ring_id})<-[:MEMBER_OF]-(m:Account)-[l:LINKED_TO]-(a:Account)
WHERE NOT (a)-[:MEMBER_OF]->(:Ring)
UNWIND l.facets AS facet
WITH a, m, l, facet
ORDER BY facet
RETURN a.account_id AS account, count(DISTINCT m) AS members, max(l.bits) AS bits, collect(DISTINCT facet) AS facets
ORDER BY members DESC, bits DESC, account
LIMIT $limit
