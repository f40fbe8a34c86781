// Mirror who left a ring within the window, one batch of columns at a time. A ring that is flagged no more says nothing of
// the nights on which it was: so the graph says the same when it is made anew.
// Returns: nothing
// :param account_id => ['A-1']
// :param ring_id => ['R-7F3K2A']
// :param state => ['dormant']
// :param probability => [0.88]
// :param role => ['core']
// :param since => [date('2026-02-20')]
// :param until => [date('2026-03-01')]
// :param day => date('2026-03-01')
// :param content => '9f2c41d07b3a'
UNWIND range(0, size($account_id) - 1) AS i
MATCH (a:Account {account_id: $account_id[i]})
MERGE (r:Ring {ring_id: $ring_id[i]})
SET r.state = $state[i],
  r.content = $content,
  r.updated_on = $day
FOREACH (_ IN CASE $state[i] WHEN 'current' THEN [] ELSE [1] END |
  REMOVE r.probability, r.kind, r.size, r.event, r.summary, r.accounts, r.day)
MERGE (a)-[m:WAS_MEMBER_OF]->(r)
SET m.probability = $probability[i],
  m.role = $role[i],
  m.since = $since[i],
  m.until = $until[i],
  m.content = $content,
  m.updated_on = $day
