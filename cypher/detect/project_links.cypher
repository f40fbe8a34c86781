// Numbered nodes and weighted links as an undirected graph in GDS: what communities are looked for in.
// Returns: the projected graph
// :param graph => 'ringwatch_links'
// :param source => [0, 0]
// :param target => [1, 2]
// :param weight => [5.0, 7.5]
UNWIND range(0, size($source) - 1) AS i
RETURN gds.graph.project(
  $graph, $source[i], $target[i],
  {relationshipProperties: {weight: $weight[i]}},
  {undirectedRelationshipTypes: ['*'], readConcurrency: 1}
) AS projected
