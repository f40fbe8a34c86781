// How are two accounts connected, by things that are no hubs?
// Returns: path (Neo4j Browser draws it)
// :param first => 'A-1'
// :param second => 'A-2'
MATCH (a:Account {account_id: $first}), (b:Account {account_id: $second})
MATCH path = shortestPath((a)-[*..8]-(b))
WHERE all(n IN nodes(path) WHERE NOT n:Ring AND coalesce(n.hub, false) = false)
  AND none(r IN relationships(path) WHERE type(r) IN ['LINKED_TO', 'PAID'])
RETURN path
