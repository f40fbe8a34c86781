// Is there such a ring in the graph?
// Returns: known
// :param id => 'R-7F3K2A'
RETURN EXISTS { (:Ring {ring_id: $id, state: 'current'}) } AS known
