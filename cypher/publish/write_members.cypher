// Mirror the members of the published day's rings, one batch of columns at a time.
// Returns: nothing
// :param account_id => ['A-1']
// :param ring_id => ['R-7F3K2A']
// :param probability => [0.88]
// :param role => ['core']
// :param since => [date('2026-02-20')]
// :param day => date('2026-03-01')
// :param content => '9f2c41d07b3a'
UNWIND range(0, size($account_id) - 1) AS i
MATCH (a:Account {account_id: $account_id[i]})
MATCH (r:Ring {ring_id: $ring_id[i]})
MERGE (a)-[m:MEMBER_OF]->(r)
SET m.probability = $probability[i],
  m.role = $role[i],
  m.since = $since[i],
  m.content = $content,
  m.updated_on = $day
