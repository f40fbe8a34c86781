// Which accounts use the same things, by weighted Jaccard index, and which hang together by that? Its graph is dropped again.
// Returns: source, target, similarity (lists of pairs, in both directions), node, component (lists of all nodes)
// :param graph => 'ringwatch'
// :param source => [0, 1]
// :param target => [2, 2]
// :param weight => [5.0, 5.0]
// :param cutoff => 0.1
// :param most => 50
CALL gds.graph.drop($graph, false) YIELD graphName
WITH count(*) AS left_behind
UNWIND range(0, size($source) - 1) AS i
WITH gds.graph.project(
  $graph, $source[i], $target[i],
  {sourceNodeLabels: 'Account', targetNodeLabels: 'Identifier', relationshipProperties: {weight: $weight[i]}},
  {readConcurrency: 1}
) AS projected
CALL gds.wcc.mutate($graph, {mutateProperty: 'tied', concurrency: 1}) YIELD componentCount
CALL gds.nodeSimilarity.mutate($graph, {
  mutateRelationshipType: 'SIMILAR', mutateProperty: 'similarity', useComponents: 'tied',
  relationshipWeightProperty: 'weight', similarityCutoff: $cutoff, topK: $most, concurrency: 1
}) YIELD relationshipsWritten
CALL gds.wcc.mutate($graph, {
  mutateProperty: 'component', relationshipTypes: ['SIMILAR'], concurrency: 1
}) YIELD componentCount AS components
CALL {
  CALL gds.graph.nodeProperty.stream($graph, 'component') YIELD nodeId, propertyValue
  RETURN collect(nodeId) AS node, collect(propertyValue) AS component
}
CALL {
  CALL gds.graph.relationshipProperty.stream($graph, 'similarity', ['SIMILAR'])
  YIELD sourceNodeId, targetNodeId, propertyValue
  RETURN collect(sourceNodeId) AS source, collect(targetNodeId) AS target, collect(propertyValue) AS similarity
}
CALL gds.graph.drop($graph) YIELD graphName
RETURN source, target, similarity, node, component
