// What would a projection of so many weighted links need of the server's heap, 1 being all of it?
// Returns: bytes, share
// :param nodes => 1000000
// :param relationships => 30000000
CALL gds.graph.project.estimate(
  '*', '*', {nodeCount: $nodes, relationshipCount: $relationships, relationshipProperties: 'weight'}
)
YIELD bytesMin, heapPercentageMin
RETURN bytesMin AS bytes, heapPercentageMin AS share
