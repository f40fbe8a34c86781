// Which of these numbered nodes hang together, by links of more than each of these weights? Its graph is dropped again.
// Returns: node, components (for each weight in `above` the component of each node, in the order of `node`)
// :param graph => 'ringwatch'
// :param source => [0, 0]
// :param target => [1, 2]
// :param weight => [5.0, 7.5]
// :param above => [0.0, 6.0]
CALL gds.graph.drop($graph, false) YIELD graphName
WITH count(*) AS left_behind
UNWIND range(0, size($source) - 1) AS i
WITH gds.graph.project(
  $graph, $source[i], $target[i],
  {relationshipProperties: {weight: $weight[i]}},
  {undirectedRelationshipTypes: ['*'], readConcurrency: 1}
) AS projected
UNWIND range(0, size($above) - 1) AS number
CALL gds.wcc.mutate($graph, {
  mutateProperty: 'component_' + number, relationshipWeightProperty: 'weight', threshold: $above[number], concurrency: 1
}) YIELD componentCount
CALL gds.graph.nodeProperty.stream($graph, 'component_' + number) YIELD nodeId, propertyValue
WITH number, collect(nodeId) AS node, collect(propertyValue) AS component
WITH head(collect(node)) AS node, collect(component) AS components
CALL gds.graph.drop($graph) YIELD graphName
RETURN node, components
