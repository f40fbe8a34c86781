-- When was each account opened?
-- By: account_id
-- Reads: accounts
-- Makes for now: opened
SELECT account_id, min(created_at) AS opened FROM accounts GROUP BY account_id
