-- How many accounts have two traits at once, as far as some of them tell? A pair that one account has is no cell.
-- By: account
-- Reads: side
-- Makes for now: met_at
SELECT a.identifier AS one, b.identifier AS other, count(*) AS c,
  any_value(a.accounts) AS n1, any_value(b.accounts) AS n2
FROM side a JOIN side b ON a.account = b.account AND a.facet < b.facet
GROUP BY ALL
