// On which days were the accounts of a ring opened, and with which mail domains?
// Returns: day, opened, email_domains, accounts
// :param ring_id => 'R-7F3K2A'
// :param limit => 400
MATCH (a:Account)-[:MEMBER_OF]->(:Ring {ring_id: $ring_id})
WITH a
ORDER BY a.account_id
WITH date(a.created_at) AS day, collect(a.account_id) AS accounts, collect(DISTINCT a.email_domain) AS email_domains
RETURN day, size(accounts) AS opened, email_domains, accounts[..20] AS accounts
ORDER BY day
LIMIT $limit
