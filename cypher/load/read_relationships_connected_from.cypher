// What does the graph say of (:Account)-[:CONNECTED_FROM]->(:IpAddress)?
// Returns: account_id, ip, first_seen, last_seen, days, events, updated_on
// Generated from schemas/ by `make generated`: change the model, not this file.
MATCH (a:Account)-[r:CONNECTED_FROM]->(x:IpAddress)
RETURN a.account_id AS account_id,
  x.ip AS ip,
  toString(r.first_seen) AS first_seen,
  toString(r.last_seen) AS last_seen,
  r.days AS days,
  r.events AS events,
  toString(r.updated_on) AS updated_on
