// What does the graph say of each Account?
// Returns: account_id, created_at, status, country, email_domain, organisation, exchanges, first_seen, last_seen, updated_on
// Generated from schemas/ by `make generated`: change the model, not this file.
MATCH (n:Account)
WHERE n.account_id IS NOT NULL
RETURN n.account_id AS account_id,
  toString(n.created_at) AS created_at,
  n.status AS status,
  n.country AS country,
  n.email_domain AS email_domain,
  n.organisation AS organisation,
  n.exchanges AS exchanges,
  toString(n.first_seen) AS first_seen,
  toString(n.last_seen) AS last_seen,
  toString(n.updated_on) AS updated_on
