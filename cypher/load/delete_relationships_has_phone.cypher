// Remove what no longer follows from the clean days: (:Account)-[:HAS_PHONE]->(:Phone).
// Returns: written
// Generated from schemas/ by `make generated`: change the model, not this file.
// :param account_id => ['account_id-1']
// :param phone => ['phone-1']
UNWIND range(0, size($account_id) - 1) AS i
MATCH (:Account {account_id: $account_id[i]})-[r:HAS_PHONE]->(x:Phone)
WHERE x.phone = $phone[i]
DELETE r
RETURN count(r) AS written
