-- Which accounts are there, by their places?
-- By: account
-- Reads: person; account_place
-- Makes: account
-- :param since
SELECT place AS account, account_id, active_days, date_diff('day', $since, CAST(opened AS DATE)) AS created,
  date_diff('second', CAST($since AS TIMESTAMP), CAST(opened AS TIMESTAMP)) / 3600 AS hour
FROM person JOIN account_place USING (account) ORDER BY place
