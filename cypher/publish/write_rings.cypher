// Mirror the rings of the published day, one batch of columns at a time.
// Returns: nothing
// :param ring_id => ['R-7F3K2A']
// :param probability => [0.93]
// :param kind => ['operator']
// :param size => [12]
// :param event => ['grown']
// :param summary => ['12 accounts share one card and two devices']
// :param accounts => 120000
// :param day => date('2026-03-01')
// :param content => '9f2c41d07b3a'
UNWIND range(0, size($ring_id) - 1) AS i
MERGE (r:Ring {ring_id: $ring_id[i]})
SET r.probability = $probability[i],
  r.kind = $kind[i],
  r.size = $size[i],
  r.event = $event[i],
  r.summary = $summary[i],
  r.accounts = $accounts,
  r.state = 'current',
  r.day = $day,
  r.content = $content,
  r.updated_on = $day
