-- What is the place of each account?
-- By: account
-- Reads: person; base; account_colour; account_mirror whole
-- Makes for now: account_place (account)
-- Numbers: place by base_colour, colour, mirror_colour, part, account_id
SELECT account, base.colour AS base_colour, account_colour.colour, mirror.colour AS mirror_colour, part, account_id
FROM person JOIN base USING (account) LEFT JOIN account_colour USING (account)
LEFT JOIN account_mirror mirror USING (account)
