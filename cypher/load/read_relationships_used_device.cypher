// What does the graph say of (:Account)-[:USED_DEVICE]->(:Device)?
// Returns: account_id, device, first_seen, last_seen, days, events, updated_on
// Generated from schemas/ by `make generated`: change the model, not this file.
MATCH (a:Account)-[r:USED_DEVICE]->(x:Device)
RETURN a.account_id AS account_id,
  x.device AS device,
  toString(r.first_seen) AS first_seen,
  toString(r.last_seen) AS last_seen,
  r.days AS days,
  r.events AS events,
  toString(r.updated_on) AS updated_on
