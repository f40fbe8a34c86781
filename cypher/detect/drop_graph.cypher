// Forget a graph of GDS, if there is one of that name.
// Returns: name
// :param graph => 'ringwatch'
CALL gds.graph.drop($graph, false) YIELD graphName
RETURN graphName AS name
