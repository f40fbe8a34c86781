// Take an account out of the graph, and the identifiers that nobody else uses.
// Returns: accounts, identifiers
// :param account_id => 'A-1'
MATCH (a:Account {account_id: $account_id})
OPTIONAL MATCH (a)-->(x)
WHERE NOT x:Account AND NOT x:Ring AND NOT EXISTS { MATCH (x)<--(other:Account) WHERE other <> a }
WITH a, collect(DISTINCT x) AS lonely
FOREACH (x IN lonely | DETACH DELETE x)
DETACH DELETE a
RETURN 1 AS accounts, size(lonely) AS identifiers
