// Which days are in the graph as a whole, what were their files, and which state was the graph told last?
// Returns: day, digest, state (missing while a load is under way, or when one broke off)
OPTIONAL MATCH (s:LoadState)
MATCH (d:LoadedDay)
RETURN d.day AS day, d.digest AS digest, s.state AS state
ORDER BY day
