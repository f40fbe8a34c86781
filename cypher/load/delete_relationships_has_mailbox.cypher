// Remove what no longer follows from the clean days: (:Account)-[:HAS_MAILBOX]->(:Mailbox).
// Returns: written
// Generated from schemas/ by `make generated`: change the model, not this file.
// :param account_id => ['account_id-1']
// :param mailbox => ['mailbox-1']
UNWIND range(0, size($account_id) - 1) AS i
MATCH (:Account {account_id: $account_id[i]})-[r:HAS_MAILBOX]->(x:Mailbox)
WHERE x.mailbox = $mailbox[i]
DELETE r
RETURN count(r) AS written
