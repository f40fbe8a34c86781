// Link pairs of accounts that share more than strangers would; the direction, smaller id first, means nothing.
// Returns: written
// :param source => ['A-1']
// :param target => ['A-2']
// :param bits => [7.5]
// :param facets => [['device', 'ip']]
// :param days => [3]
// :param day => date('2026-03-01')
UNWIND range(0, size($source) - 1) AS i
MATCH (a:Account {account_id: $source[i]})
MATCH (b:Account {account_id: $target[i]})
MERGE (a)-[l:LINKED_TO]->(b)
SET l.bits = $bits[i],
  l.facets = $facets[i],
  l.days = $days[i],
  l.updated_on = $day
RETURN count(l) AS written
