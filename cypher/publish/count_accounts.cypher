// How many accounts are known?
// Returns: accounts
MATCH (a:Account)
RETURN count(a) AS accounts
