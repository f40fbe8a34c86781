// From now on, until the load is done, nobody knows what the graph says as a whole.
// Returns: nothing
MATCH (s:LoadState)
DELETE s
