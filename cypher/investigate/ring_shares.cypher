// What do the members of a ring share, how many other accounts use it, and how rare is that?
// Returns: kind, identifier, members, accounts, rarity (in words), hub, bits, place
// :param ring_id => 'R-7F3K2A'
// :param keys => {Device: 'device', PaymentInstrument: 'instrument', IpAddress: 'ip'}
// :param limit => 100
MATCH (r:Ring {ring_id: $ring_id})<-[:MEMBER_OF]-(a:Account)-->(x)
WHERE NOT x:Account AND NOT x:Ring
WITH r, x, count(DISTINCT a) AS members
WHERE members > 1
WITH x, members, [label IN keys($keys) WHERE label IN labels(x)][0] AS kind,
  coalesce(r.accounts, COUNT { (:Account) }) AS every
RETURN kind, x[$keys[kind]] AS identifier, members, x.accounts AS accounts,
  CASE
    WHEN x.accounts IS NULL THEN 'not counted yet'
    WHEN x.hub THEN 'a hub: to share it says nothing'
    WHEN x.accounts <= members THEN 'nobody else has it'
    ELSE (x.accounts - members) + ' of ' + every + ' accounts have it, too'
  END + CASE
    WHEN x.hub OR coalesce(x.bits, 0) < 0.6 THEN ''
    ELSE '; one operator is ' + toInteger(round(2 ^ x.bits)) + ' times likelier for two who share it'
  END AS rarity,
  x.hub AS hub, x.bits AS bits, x.place AS place
ORDER BY members DESC, accounts, kind, identifier
LIMIT $limit
