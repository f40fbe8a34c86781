// What do so many weighted links, and each algorithm on them, need of the server's heap at least, 1 being all of it?
// Returns: what, bytes, share
// :param nodes => 1000000
// :param relationships => 30000000
// :param most => 50
WITH {
  nodeProjection: '*', relationshipProjection: '*', relationshipProperties: 'weight',
  nodeCount: $nodes, relationshipCount: $relationships
} AS graph
CALL {
  WITH graph
  CALL gds.graph.project.estimate('*', '*', graph {.nodeCount, .relationshipCount, .relationshipProperties})
  YIELD bytesMin, heapPercentageMin
  RETURN 'projection' AS what, bytesMin AS bytes, heapPercentageMin AS share
UNION ALL
  WITH graph
  CALL gds.wcc.mutate.estimate(graph, {mutateProperty: 'component', concurrency: 1})
  YIELD bytesMin, heapPercentageMin
  RETURN 'wcc' AS what, bytesMin AS bytes, heapPercentageMin AS share
UNION ALL
  WITH graph
  CALL gds.kcore.mutate.estimate(graph, {mutateProperty: 'core', concurrency: 1})
  YIELD bytesMin, heapPercentageMin
  RETURN 'kcore' AS what, bytesMin AS bytes, heapPercentageMin AS share
UNION ALL
  WITH graph
  CALL gds.leiden.mutate.estimate(
    graph, {mutateProperty: 'community', relationshipWeightProperty: 'weight', concurrency: 1}
  )
  YIELD bytesMin, heapPercentageMin
  RETURN 'leiden' AS what, bytesMin AS bytes, heapPercentageMin AS share
UNION ALL
  WITH graph
  CALL gds.nodeSimilarity.mutate.estimate(graph, {
    mutateRelationshipType: 'SIMILAR', mutateProperty: 'similarity', useComponents: 'tied',
    relationshipWeightProperty: 'weight', topK: $most, concurrency: 1
  })
  YIELD bytesMin, heapPercentageMin
  RETURN 'nodeSimilarity' AS what, bytesMin AS bytes, heapPercentageMin AS share
}
RETURN what, bytes, share
