// What did an algorithm say of each account? In lists of 5,000, which travel far faster than rows.
// Returns: account_id, value (lists of equal length)
// :param graph => 'ringwatch_links'
// :param property => 'component'
CALL gds.graph.nodeProperty.stream($graph, $property) YIELD nodeId, propertyValue
WITH gds.util.asNode(nodeId).account_id AS account_id, propertyValue AS value
WHERE account_id IS NOT NULL
WITH collect([account_id, value]) AS every
UNWIND range(0, size(every) - 1, 5000) AS start
WITH every[start .. start + 5000] AS some
RETURN [pair IN some | pair[0]] AS account_id, [pair IN some | pair[1]] AS value
