// Which PaymentInstrument nodes are there, and what is known of each?
// Returns: written
// Generated from schemas/ by `make generated`: change the model, not this file.
// :param instrument => ['instrument-1']
// :param kind => ['kind-1']
// :param bin => ['bin-1']
// :param updated_on => ['2026-03-01']
UNWIND range(0, size($instrument) - 1) AS i
MERGE (n:PaymentInstrument {instrument: $instrument[i]})
SET n.kind = $kind[i],
  n.bin = $bin[i],
  n.updated_on = date($updated_on[i])
RETURN count(*) AS written
