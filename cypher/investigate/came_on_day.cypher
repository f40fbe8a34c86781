// What changed since yesterday: which rings are not as they were, and who came on this day?
// Returns: ring, event, size, came, accounts
// :param day => date('2026-03-06')
// :param limit => 50
MATCH (r:Ring)<-[m:MEMBER_OF]-(a:Account)
WITH r, a, m
ORDER BY a.account_id
WITH r, collect(CASE WHEN m.since = $day THEN a.account_id END) AS came
WHERE size(came) > 0 OR r.event <> 'unchanged'
RETURN r.ring_id AS ring, r.event AS event, r.size AS size, size(came) AS came, came[..20] AS accounts
ORDER BY came DESC, ring
LIMIT $limit
