// Is there nothing in the graph at all?
// Returns: nodes
MATCH (n)
RETURN count(n) AS nodes
