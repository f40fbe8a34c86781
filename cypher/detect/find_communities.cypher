// Which communities have these numbered nodes by Leiden, and which core is each in, if wanted? Its graph is dropped again.
// Returns: node, communities (for each of `runs` the community of each node), cored, core (nodes and their cores)
// :param graph => 'ringwatch'
// :param source => [0, 0, 1]
// :param target => [1, 2, 3]
// :param weight => [0.4, 0.3, 0.3]
// :param runs => [{gamma: 1.0, theta: 0.01, tolerance: 0.0001, seed: 7}]
// :param cores => ['core']
CALL gds.graph.drop($graph, false) YIELD graphName
WITH count(*) AS left_behind
UNWIND range(0, size($source) - 1) AS i
WITH gds.graph.project(
  $graph, $source[i], $target[i],
  {relationshipProperties: {weight: $weight[i]}},
  {undirectedRelationshipTypes: ['*'], readConcurrency: 1}
) AS projected
CALL {
  UNWIND $cores AS name
  CALL gds.kcore.mutate($graph, {mutateProperty: name, concurrency: 1}) YIELD degeneracy
  CALL gds.graph.nodeProperty.stream($graph, name) YIELD nodeId, propertyValue
  RETURN collect(nodeId) AS cored, collect(propertyValue) AS core
}
CALL {
  UNWIND range(0, size($runs) - 1) AS number
  WITH number, $runs[number] AS run
  CALL gds.leiden.mutate($graph, {
    mutateProperty: 'community_' + number, relationshipWeightProperty: 'weight',
    gamma: run.gamma, theta: run.theta, tolerance: run.tolerance, randomSeed: run.seed, concurrency: 1
  }) YIELD communityCount
  CALL gds.graph.nodeProperty.stream($graph, 'community_' + number) YIELD nodeId, propertyValue
  WITH number, collect(nodeId) AS node, collect(propertyValue) AS community
  RETURN head(collect(node)) AS node, collect(community) AS communities
}
CALL gds.graph.drop($graph) YIELD graphName
RETURN node, communities, cored, core
