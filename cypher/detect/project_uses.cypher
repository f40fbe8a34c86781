// Numbered accounts and the identifiers they share, weighted with bits: what node similarity compares.
// Returns: the projected graph
// :param graph => 'ringwatch_uses'
// :param source => [0, 1]
// :param target => [2, 2]
// :param weight => [5.0, 5.0]
UNWIND range(0, size($source) - 1) AS i
RETURN gds.graph.project(
  $graph, $source[i], $target[i],
  {sourceNodeLabels: 'Account', targetNodeLabels: 'Identifier', relationshipProperties: {weight: $weight[i]}},
  {readConcurrency: 1}
) AS projected
