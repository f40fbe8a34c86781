// Remove what a newer row of the account has replaced: (:Account)-[:HAS_PHONE]->(:Phone).
// Returns: written
// Generated from schemas/ by `make generated`: change the model, not this file.
// :param account_id => ['account_id-1']
// :param phone => [['phone-1']]
UNWIND range(0, size($account_id) - 1) AS i
MATCH (:Account {account_id: $account_id[i]})-[r:HAS_PHONE]->(x:Phone)
WHERE NOT x.phone IN $phone[i]
DELETE r
RETURN count(r) AS written
