// Which accounts outside of a ring use what two or more of its members share, hubs left out? People who may be honest.
// Returns: account, status, opened, organisation, exchanges, identifiers (at most five), members (who share them), ring
// :param ring_id => 'R-7F3K2A'
// :param keys => {Device: 'device', PaymentInstrument: 'instrument', IpAddress: 'ip'}
// :param limit => 100
MATCH (r:Ring {ring_id: $ring_id})<-[:MEMBER_OF]-(m:Account)-->(x)
WHERE NOT x:Account AND NOT x:Ring AND NOT x:Hub
WITH r, x, collect(DISTINCT m) AS users
WHERE size(users) > 1 AND size(users) < x.accounts
MATCH (x)<--(b:Account)
WHERE NOT (b)-[:MEMBER_OF]->(r)
WITH b, x, users, [label IN keys($keys) WHERE label IN labels(x)][0] AS kind
ORDER BY x.accounts, kind, x[$keys[kind]]
WITH b, collect(DISTINCT kind + ' ' + x[$keys[kind]]) AS identifiers, max(size(users)) AS members
OPTIONAL MATCH (b)-[:MEMBER_OF]->(other:Ring)
RETURN b.account_id AS account, b.status AS status, date(b.created_at) AS opened, b.organisation AS organisation,
  b.exchanges AS exchanges, identifiers[..5] AS identifiers, members, other.ring_id AS ring
ORDER BY members DESC, size(identifiers) DESC, account
LIMIT $limit
