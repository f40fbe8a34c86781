// Mirror the members of the published day's rings, one batch of columns at a time; their role is a label, too, by which
// Neo4j Browser colours them.
// Returns: nothing
// :param account_id => ['A-1']
// :param ring_id => ['R-7F3K2A']
// :param probability => [0.88]
// :param role => ['core']
// :param since => [date('2026-02-20')]
// :param active_hours => [[0, 0, 255, 0, 0, 0, 0]]
// :param day => date('2026-03-01')
// :param content => '9f2c41d07b3a'
UNWIND range(0, size($account_id) - 1) AS i
MATCH (a:Account {account_id: $account_id[i]})
MATCH (r:Ring {ring_id: $ring_id[i]})
MERGE (a)-[m:MEMBER_OF]->(r)
SET m.probability = $probability[i],
  m.role = $role[i],
  m.since = $since[i],
  m.active_hours = $active_hours[i],
  m.content = $content,
  m.updated_on = $day
REMOVE a:Core:Fringe
FOREACH (_ IN CASE $role[i] WHEN 'core' THEN [1] ELSE [] END | SET a:Core)
FOREACH (_ IN CASE $role[i] WHEN 'core' THEN [] ELSE [1] END | SET a:Fringe)
