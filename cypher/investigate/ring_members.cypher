// Who is in a ring, since when, and how surely?
// Returns: account, probability, role, since, created_at, status, country, email_domain
// :param ring_id => 'R-7F3K2A'
// :param limit => 200
MATCH (a:Account)-[m:MEMBER_OF]->(:Ring {ring_id: $ring_id})
RETURN a.account_id AS account, m.probability AS probability, m.role AS role, m.since AS since,
  a.created_at AS created_at, a.status AS status, a.country AS country, a.email_domain AS email_domain
ORDER BY probability DESC, account
LIMIT $limit
