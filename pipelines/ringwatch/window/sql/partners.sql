-- With how many does each account deal, either way?
-- By: account
-- Reads: partner
-- Makes for now: partners
SELECT facet, account, count(DISTINCT other) AS partners FROM partner GROUP BY ALL
