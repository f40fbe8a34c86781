// In which rings is an account, and in which was it within the window?
// Returns: ring, state (of the ring now), role, probability, since, until (nothing: it is in it now)
// :param account_id => 'A-1'
// :param limit => 50
MATCH (:Account {account_id: $account_id})-[m:MEMBER_OF|WAS_MEMBER_OF]->(r:Ring)
RETURN r.ring_id AS ring, r.state AS state, m.role AS role, m.probability AS probability, m.since AS since,
  m.until AS until
ORDER BY since DESC, ring
LIMIT $limit
