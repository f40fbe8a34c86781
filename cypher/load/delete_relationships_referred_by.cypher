// Remove what no longer follows from the clean days: (:Account)-[:REFERRED_BY]->(:Account).
// Returns: written
// Generated from schemas/ by `make generated`: change the model, not this file.
// :param account_id => ['account_id-1']
// :param referred_by => ['referred_by-1']
UNWIND range(0, size($account_id) - 1) AS i
MATCH (:Account {account_id: $account_id[i]})-[r:REFERRED_BY]->(x:Account)
WHERE x.account_id = $referred_by[i]
DELETE r
RETURN count(r) AS written
