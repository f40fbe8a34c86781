// Remove all nodes that have one of these labels, with their relationships.
// Returns: nothing
// :param labels => ['Account', 'Device']
MATCH (n)
WHERE any(label IN labels(n) WHERE label IN $labels)
CALL (n) {
  DETACH DELETE n
} IN TRANSACTIONS OF 10000 ROWS
