// Who left which ring on a day, and in which ring are they now?
// Returns: ring, state (of that ring now), account, since, now_in
// :param day => date('2026-03-06')
// :param limit => 200
MATCH (r:Ring)<-[w:WAS_MEMBER_OF]-(a:Account)
WHERE w.until = $day
OPTIONAL MATCH (a)-[:MEMBER_OF]->(now:Ring)
RETURN r.ring_id AS ring, r.state AS state, a.account_id AS account, w.since AS since, now.ring_id AS now_in
ORDER BY ring, account
LIMIT $limit
