// Who came into which ring on a day and is in it still, and what happened to rings on it?
// Returns: ring, event (on that day, if it is the newest), size (now), came, accounts (the first 20 of them)
// :param day => date('2026-03-06')
// :param limit => 50
MATCH (r:Ring)<-[m:MEMBER_OF]-(a:Account)
WITH r, a, m
ORDER BY a.account_id
WITH r, CASE WHEN r.day = $day THEN r.event END AS event,
  collect(CASE WHEN m.since = $day THEN a.account_id END) AS came
WHERE size(came) > 0 OR event <> 'unchanged'
RETURN r.ring_id AS ring, event, r.size AS size, size(came) AS came, came[..20] AS accounts
ORDER BY came DESC, ring
LIMIT $limit
