// Say of identifiers how many accounts share them, whether they are hubs, what sharing one is worth in bits, and of
// addresses what place they are. A hub has the label Hub, too: by that it is found at once and drawn small.
// Returns: written
// :param id => ['4:0f6a:17']
// :param accounts => [5]
// :param hub => [false]
// :param bits => [4.38]
// :param place => ['home']
// :param day => date('2026-03-01')
UNWIND range(0, size($id) - 1) AS i
MATCH (x)
WHERE elementId(x) = $id[i]
SET x.accounts = $accounts[i],
  x.hub = $hub[i],
  x.bits = $bits[i],
  x.place = $place[i],
  x.updated_on = $day
FOREACH (_ IN CASE WHEN $hub[i] THEN [1] ELSE [] END | SET x:Hub)
FOREACH (_ IN CASE WHEN $hub[i] THEN [] ELSE [1] END | REMOVE x:Hub)
RETURN count(x) AS written
