// What does the graph say of (:Account)-[:PAID_WITH]->(:PaymentInstrument)?
// Returns: account_id, instrument, first_seen, last_seen, days, events, updated_on
// Generated from schemas/ by `make generated`: change the model, not this file.
MATCH (a:Account)-[r:PAID_WITH]->(x:PaymentInstrument)
RETURN a.account_id AS account_id,
  x.instrument AS instrument,
  toString(r.first_seen) AS first_seen,
  toString(r.last_seen) AS last_seen,
  r.days AS days,
  r.events AS events,
  toString(r.updated_on) AS updated_on
