// Which accounts are linked, as last written? In lists of 5,000, which travel far faster than rows.
// Returns: source, target, bits, facets, days (lists of equal length)
MATCH (a:Account)-[l:LINKED_TO]->(b:Account)
WITH collect([a.account_id, b.account_id, l.bits, l.facets, l.days]) AS every
UNWIND range(0, size(every) - 1, 5000) AS start
WITH every[start .. start + 5000] AS some
RETURN [link IN some | link[0]] AS source,
  [link IN some | link[1]] AS target,
  [link IN some | link[2]] AS bits,
  [link IN some | link[3]] AS facets,
  [link IN some | link[4]] AS days
