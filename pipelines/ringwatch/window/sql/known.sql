-- Which accounts has an accounts feed named?
-- By: account_id
-- Reads: accounts
-- Makes for now: known
SELECT DISTINCT account_id FROM accounts
