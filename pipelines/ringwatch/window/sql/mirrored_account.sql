-- Which accounts do colours not tell apart?
-- By: colour
-- Reads: account_colour
-- Makes for now: mirrored_account
SELECT account, colour FROM account_colour QUALIFY count(*) OVER (PARTITION BY colour) > 1
