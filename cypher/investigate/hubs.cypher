// What is shared by so many accounts that sharing it says nothing?
// Returns: kind, identifier, accounts
// :param keys => {Device: 'device', PaymentInstrument: 'instrument', IpAddress: 'ip'}
// :param limit => 50
MATCH (x:Hub)
WITH x, [label IN keys($keys) WHERE label IN labels(x)][0] AS kind
RETURN kind, x[$keys[kind]] AS identifier, x.accounts AS accounts
ORDER BY accounts DESC, kind, identifier
LIMIT $limit
