// What do the members of a ring share, and how many other accounts use it?
// Returns: kind, identifier, members, accounts, hub, bits, place
// :param ring_id => 'R-7F3K2A'
// :param keys => {Device: 'device', PaymentInstrument: 'instrument', IpAddress: 'ip'}
// :param limit => 100
MATCH (:Ring {ring_id: $ring_id})<-[:MEMBER_OF]-(a:Account)-->(x)
WHERE NOT x:Account AND NOT x:Ring
WITH x, count(DISTINCT a) AS members
WHERE members > 1
RETURN labels(x)[0] AS kind, x[$keys[labels(x)[0]]] AS identifier, members, x.accounts AS accounts, x.hub AS hub,
  x.bits AS bits, x.place AS place
ORDER BY members DESC, accounts, kind, identifier
LIMIT $limit
