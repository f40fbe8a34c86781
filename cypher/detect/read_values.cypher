// What did an algorithm say of each node? In lists of 5,000, which travel far faster than rows.
// Returns: node, value (lists of equal length)
// :param graph => 'ringwatch_links'
// :param property => 'component'
CALL gds.graph.nodeProperty.stream($graph, $property) YIELD nodeId, propertyValue
WITH collect([nodeId, propertyValue]) AS every
UNWIND range(0, size(every) - 1, 5000) AS start
WITH every[start .. start + 5000] AS some
RETURN [pair IN some | pair[0]] AS node, [pair IN some | pair[1]] AS value
