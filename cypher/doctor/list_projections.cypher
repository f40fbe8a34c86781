// Which graphs does GDS hold in memory?
// Returns: name, mb
CALL gds.graph.list() YIELD graphName, sizeInBytes
RETURN graphName AS name, sizeInBytes / 1048576 AS mb
ORDER BY name
