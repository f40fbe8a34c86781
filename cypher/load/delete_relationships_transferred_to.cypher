// Remove what no longer follows from the clean days: (:Account)-[:TRANSFERRED_TO]->(:Account).
// Returns: written
// Generated from schemas/ by `make generated`: change the model, not this file.
// :param account_id => ['account_id-1']
// :param counterparty_account_id => ['counterparty_account_id-1']
UNWIND range(0, size($account_id) - 1) AS i
MATCH (:Account {account_id: $account_id[i]})-[r:TRANSFERRED_TO]->(x:Account)
WHERE x.account_id = $counterparty_account_id[i]
DELETE r
RETURN count(r) AS written
