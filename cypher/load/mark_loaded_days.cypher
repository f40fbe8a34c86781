// Remember that these days are in the graph as a whole.
// Returns: written
// :param days => [date('2026-03-01')]
UNWIND $days AS day
MERGE (d:LoadedDay {day: day})
SET d.updated_on = day
RETURN count(*) AS written
