// Which others use what members of rings use, by weighted Jaccard index? Its graph is dropped again.
// Returns: source (a member), target, similarity (lists of equal length)
// :param graph => 'ringwatch'
// :param source => [0, 1]
// :param target => [2, 2]
// :param weight => [5.0, 5.0]
// :param label => ['Member', 'Other']
// :param cutoff => 0.3
// :param most => 50
CALL gds.graph.drop($graph, false) YIELD graphName
WITH count(*) AS left_behind
UNWIND range(0, size($source) - 1) AS i
WITH gds.graph.project(
  $graph, $source[i], $target[i],
  {sourceNodeLabels: $label[i], targetNodeLabels: 'Identifier', relationshipProperties: {weight: $weight[i]}},
  {readConcurrency: 1}
) AS projected
CALL gds.wcc.mutate($graph, {mutateProperty: 'tied', concurrency: 1}) YIELD componentCount
CALL gds.nodeSimilarity.filtered.mutate($graph, {
  mutateRelationshipType: 'SIMILAR', mutateProperty: 'similarity', useComponents: 'tied',
  sourceNodeFilter: 'Member', targetNodeFilter: 'Other',
  relationshipWeightProperty: 'weight', similarityCutoff: $cutoff, topK: $most, concurrency: 1
}) YIELD relationshipsWritten
CALL {
  CALL gds.graph.relationshipProperty.stream($graph, 'similarity', ['SIMILAR'])
  YIELD sourceNodeId, targetNodeId, propertyValue
  RETURN collect(sourceNodeId) AS source, collect(targetNodeId) AS target, collect(propertyValue) AS similarity
}
CALL gds.graph.drop($graph) YIELD graphName
RETURN source, target, similarity
