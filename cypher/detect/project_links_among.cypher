// The same for some accounts, where their components are: for communities inside components of like weight.
// Returns: the projected graph
// :param graph => 'ringwatch_links_among'
// :param accounts => ['A-1', 'A-2']
// :param min_bits => 5.0
UNWIND $accounts AS account_id
MATCH (a:Account {account_id: account_id})-[l:LINKED_TO]->(b:Account)
WHERE l.bits >= $min_bits
WITH a, b, l
ORDER BY a.account_id, b.account_id
RETURN gds.graph.project(
  $graph, a, b,
  {relationshipProperties: {bits: l.bits}},
  {undirectedRelationshipTypes: ['*'], readConcurrency: 1}
) AS projected
