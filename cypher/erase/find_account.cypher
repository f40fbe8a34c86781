// What does the graph hold of an account, and which identifiers does nobody else use?
// Returns: accounts, relationships, identifiers
// :param account_id => 'A-1'
OPTIONAL MATCH (a:Account {account_id: $account_id})
OPTIONAL MATCH (a)-[r]-(x)
WITH a, count(r) AS relationships, collect(DISTINCT x) AS around
RETURN count(a) AS accounts, relationships,
  size([x IN around WHERE NOT x:Account AND NOT x:Ring
    AND NOT EXISTS { MATCH (x)<--(other:Account) WHERE other <> a }]) AS identifiers
