// Remove what no longer follows from the clean days: (:Account)-[:USED_DEVICE]->(:Device).
// Returns: written
// Generated from schemas/ by `make generated`: change the model, not this file.
// :param account_id => ['account_id-1']
// :param device => ['device-1']
UNWIND range(0, size($account_id) - 1) AS i
MATCH (:Account {account_id: $account_id[i]})-[r:USED_DEVICE]->(x:Device)
WHERE x.device = $device[i]
DELETE r
RETURN count(r) AS written
