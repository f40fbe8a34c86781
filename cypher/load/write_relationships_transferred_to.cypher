// When and how often did each account have this: (:Account)-[:TRANSFERRED_TO]->(:Account)?
// Returns: written
// Generated from schemas/ by `make generated`: change the model, not this file.
// :param account_id => ['account_id-1']
// :param counterparty_account_id => ['counterparty_account_id-1']
// :param first_seen => ['2026-03-01T08:00:00']
// :param last_seen => ['2026-03-01T17:30:00']
// :param days => [1]
// :param events => [3]
// :param updated_on => ['2026-03-01']
UNWIND range(0, size($account_id) - 1) AS i
MATCH (a:Account {account_id: $account_id[i]})
MATCH (x:Account {account_id: $counterparty_account_id[i]})
MERGE (a)-[r:TRANSFERRED_TO]->(x)
SET r.first_seen = localdatetime($first_seen[i]),
  r.last_seen = localdatetime($last_seen[i]),
  r.days = $days[i],
  r.events = $events[i],
  r.updated_on = date($updated_on[i])
RETURN count(*) AS written
