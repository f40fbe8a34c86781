// Show what members of rings and others paid each other in the window, one batch of columns at a time.
// Returns: nothing
// :param source => ['A-1']
// :param target => ['A-2']
// :param currency => ['EUR']
// :param amount => [120.5]
// :param payments => [3]
// :param first_paid => [localdatetime('2026-03-01T08:00:00')]
// :param last_paid => [localdatetime('2026-03-01T17:30:00')]
// :param day => date('2026-03-01')
// :param content => '9f2c41d07b3a'
UNWIND range(0, size($source) - 1) AS i
MATCH (a:Account {account_id: $source[i]})
MATCH (b:Account {account_id: $target[i]})
MERGE (a)-[p:PAID {currency: $currency[i]}]->(b)
SET p.amount = $amount[i],
  p.payments = $payments[i],
  p.first_paid = $first_paid[i],
  p.last_paid = $last_paid[i],
  p.content = $content,
  p.updated_on = $day
