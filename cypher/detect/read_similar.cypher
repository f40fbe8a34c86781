// Which pairs of nodes are similar, and how much? In lists of 5,000, which travel far faster than rows.
// Returns: source, target, similarity (lists of equal length)
// :param graph => 'ringwatch_uses'
// :param type => 'SIMILAR'
CALL gds.graph.relationshipProperty.stream($graph, 'similarity', [$type])
YIELD sourceNodeId, targetNodeId, propertyValue
WITH collect([sourceNodeId, targetNodeId, propertyValue]) AS every
UNWIND range(0, size(every) - 1, 5000) AS start
WITH every[start .. start + 5000] AS some
RETURN [pair IN some | pair[0]] AS source, [pair IN some | pair[1]] AS target, [pair IN some | pair[2]] AS similarity
