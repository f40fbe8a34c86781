-- What is known of an account without its neighbours?
-- By: account
-- Reads: person; use; thing via use.identifier
-- Makes for now: base
SELECT account, hash(opened, active_days, used.colour) AS colour
FROM person LEFT JOIN (
  SELECT account, sum(hash(facet, accounts, days)) AS colour FROM use JOIN thing USING (identifier) GROUP BY account
) used USING (account)
