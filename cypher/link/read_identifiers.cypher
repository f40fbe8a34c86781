// How widely is each identifier of a label shared, as last written? In lists of 5,000, which travel far faster than rows.
// Returns: id, identifier, accounts, hub, bits, place (lists of equal length)
// :param label => 'Device'
// :param key => 'device'
MATCH (x:$($label))
WITH collect(x) AS every
UNWIND range(0, size(every) - 1, 5000) AS start
WITH every[start .. start + 5000] AS some
RETURN [x IN some | elementId(x)] AS id,
  [x IN some | x[$key]] AS identifier,
  [x IN some | x.accounts] AS accounts,
  [x IN some | CASE WHEN x.hub = x:Hub THEN x.hub END] AS hub,
  [x IN some | x.bits] AS bits,
  [x IN some | x.place] AS place
