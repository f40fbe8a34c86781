// What is shared by so many accounts that sharing it says nothing?
// Returns: kind, identifier, accounts
// :param keys => {Device: 'device', PaymentInstrument: 'instrument', IpAddress: 'ip'}
// :param limit => 50
MATCH (x)
WHERE x.hub
RETURN labels(x)[0] AS kind, x[$keys[labels(x)[0]]] AS identifier, x.accounts AS accounts
ORDER BY accounts DESC, kind, identifier
LIMIT $limit
