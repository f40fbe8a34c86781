// Remove Account nodes that no longer follow from the clean days.
// Returns: written
// Generated from schemas/ by `make generated`: change the model, not this file.
// :param account_id => ['account_id-1']
UNWIND range(0, size($account_id) - 1) AS i
MATCH (n:Account {account_id: $account_id[i]})
DETACH DELETE n
RETURN count(*) AS written
