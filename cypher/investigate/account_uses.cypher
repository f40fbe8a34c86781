// What has an account used, and how rare is it?
// Returns: relationship, identifier, accounts, hub, bits, place, first_seen, last_seen, days, events
// :param account_id => 'A-1'
// :param keys => {Device: 'device', PaymentInstrument: 'instrument', IpAddress: 'ip'}
// :param limit => 200
MATCH (:Account {account_id: $account_id})-[u]->(x)
WHERE NOT x:Account AND NOT x:Ring
WITH u, x, [label IN keys($keys) WHERE label IN labels(x)][0] AS kind
RETURN type(u) AS relationship, x[$keys[kind]] AS identifier, x.accounts AS accounts, x.hub AS hub,
  x.bits AS bits, x.place AS place, u.first_seen AS first_seen, u.last_seen AS last_seen, u.days AS days,
  u.events AS events
ORDER BY relationship, accounts, identifier
LIMIT $limit
