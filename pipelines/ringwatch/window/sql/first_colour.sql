-- With which colours do accounts that share anything begin?
-- By: account
-- Reads: base; edge
-- Makes for now: account_colour
SELECT account, colour FROM base WHERE account IN (SELECT account FROM edge)
