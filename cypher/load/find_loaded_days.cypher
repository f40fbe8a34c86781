// Which days are in the graph as a whole?
// Returns: day
MATCH (d:LoadedDay)
RETURN d.day AS day
ORDER BY day
