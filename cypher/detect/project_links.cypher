// Linked accounts as an undirected graph, weighted with bits: what communities are looked for in.
// Returns: the projected graph, or nothing where nothing is linked
// :param graph => 'ringwatch_links'
// :param min_bits => 5.0
MATCH (a:Account)-[l:LINKED_TO]->(b:Account)
WHERE l.bits >= $min_bits
WITH a, b, l
ORDER BY a.account_id, b.account_id
WITH gds.graph.project(
  $graph, a, b,
  {relationshipProperties: {bits: l.bits}},
  {undirectedRelationshipTypes: ['*'], readConcurrency: 1}
) AS projected
WHERE projected IS NOT NULL
RETURN projected
