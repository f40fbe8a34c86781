// What does every node say, apart from the day on which that was written? Left out is what load notes for itself.
// Returns: labels, node
MATCH (n)
WHERE NOT n:LoadState
RETURN labels(n) AS labels, n{.*, updated_on: null} AS node
