// Remove PaymentInstrument nodes that no longer follow from the clean days.
// Returns: written
// Generated from schemas/ by `make generated`: change the model, not this file.
// :param instrument => ['instrument-1']
UNWIND range(0, size($instrument) - 1) AS i
MATCH (n:PaymentInstrument {instrument: $instrument[i]})
DETACH DELETE n
RETURN count(*) AS written
