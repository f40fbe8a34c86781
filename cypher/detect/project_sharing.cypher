// Accounts and what they share in the window, hubs left out, weighted with bits: what node similarity compares.
// Returns: the projected graph, or nothing where nothing is shared
// :param graph => 'ringwatch_similar'
// :param since => datetime('2026-02-02')
// :param lasting => ['HAS_MAILBOX', 'HAS_PHONE']
// :param min_bits => 0.0
MATCH (a:Account)-[r]->(x)
WHERE x.accounts > 1 AND NOT x.hub AND x.bits > $min_bits
  AND (type(r) IN $lasting OR r.last_seen >= $since)
WITH a, x
ORDER BY a.account_id, elementId(x)
WITH gds.graph.project(
  $graph, a, x,
  {sourceNodeLabels: 'Account', targetNodeLabels: 'Identifier', relationshipProperties: {bits: x.bits}},
  {readConcurrency: 1}
) AS projected
WHERE projected IS NOT NULL
RETURN projected
