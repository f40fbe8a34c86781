// Numbered members of rings, other accounts, and the identifiers they share: who is like a ring and in none?
// Returns: the projected graph
// :param graph => 'ringwatch_watch'
// :param source => [0, 1]
// :param target => [2, 2]
// :param weight => [5.0, 5.0]
// :param label => ['Member', 'Other']
UNWIND range(0, size($source) - 1) AS i
RETURN gds.graph.project(
  $graph, $source[i], $target[i],
  {sourceNodeLabels: $label[i], targetNodeLabels: 'Identifier', relationshipProperties: {weight: $weight[i]}},
  {readConcurrency: 1}
) AS projected
