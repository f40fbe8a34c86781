// What does the graph say of each PaymentInstrument?
// Returns: instrument, kind, bin, updated_on
// Generated from schemas/ by `make generated`: change the model, not this file.
MATCH (n:PaymentInstrument)
WHERE n.instrument IS NOT NULL
RETURN n.instrument AS instrument,
  n.kind AS kind,
  n.bin AS bin,
  toString(n.updated_on) AS updated_on
