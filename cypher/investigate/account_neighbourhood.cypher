// Who uses the same things as an account, hubs left out?
// Returns: path (Neo4j Browser draws it)
// :param account_id => 'A-1'
// :param limit => 100
MATCH path = (:Account {account_id: $account_id})-->(x)<--(:Account)
WHERE NOT x:Account AND NOT x:Ring AND coalesce(x.hub, false) = false
RETURN path
ORDER BY x.accounts, elementId(x)
LIMIT $limit
