// Which relationships were last seen before a time, and so should have gone from the graph by now?
// Returns: type, relationships
// :param before => localdatetime('2026-02-01T00:00:00')
MATCH (:Account)-[r]->()
WHERE r.last_seen < $before
RETURN type(r) AS type, count(r) AS relationships
ORDER BY type
