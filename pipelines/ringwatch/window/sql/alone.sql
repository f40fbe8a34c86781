-- Whose are the identifiers that one account uses alone, and when?
-- By: identifier
-- Reads: use; thing; account_place via use.account
-- Makes for now: alone
SELECT identifier, place, hash(days) AS colour
FROM use JOIN thing USING (identifier) JOIN account_place USING (account) WHERE accounts = 1
