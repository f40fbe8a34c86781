// Remove what no longer follows from the clean days: (:Account)-[:PAID_WITH]->(:PaymentInstrument).
// Returns: written
// Generated from schemas/ by `make generated`: change the model, not this file.
// :param account_id => ['account_id-1']
// :param instrument => ['instrument-1']
UNWIND range(0, size($account_id) - 1) AS i
MATCH (:Account {account_id: $account_id[i]})-[r:PAID_WITH]->(x:PaymentInstrument)
WHERE x.instrument = $instrument[i]
DELETE r
RETURN count(r) AS written
