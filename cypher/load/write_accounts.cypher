// What is known of each account: its own newest row, its totals, and when it was active?
// Returns: written
// Generated from schemas/ by `make generated`: change the model, not this file.
// :param account_id => ['account_id-1']
// :param created_at => ['2026-02-27T11:45:00']
// :param status => ['active']
// :param country => ['country-1']
// :param email_domain => ['email_domain-1']
// :param organisation => ['organisation-1']
// :param exchanges => [3]
// :param first_seen => ['2026-03-01T08:00:00']
// :param last_seen => ['2026-03-01T17:30:00']
// :param updated_on => ['2026-03-01']
UNWIND range(0, size($account_id) - 1) AS i
MERGE (n:Account {account_id: $account_id[i]})
SET n.created_at = localdatetime($created_at[i]),
  n.status = $status[i],
  n.country = $country[i],
  n.email_domain = $email_domain[i],
  n.organisation = $organisation[i],
  n.exchanges = $exchanges[i],
  n.first_seen = localdatetime($first_seen[i]),
  n.last_seen = localdatetime($last_seen[i]),
  n.updated_on = date($updated_on[i])
RETURN count(*) AS written
