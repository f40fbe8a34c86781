-- Which payers first paid four accounts of one day, far more than chance? None that paid half of all accounts.
-- By: payer
-- Reads: funder; payee; created whole; figure whole
-- Makes for now: purse (payer, created, c)
-- Numbers: identifier by first after identifier
WITH busy AS (
  SELECT payer, count(*) AS payees FROM payee GROUP BY payer
), young AS (
  SELECT created, CAST(sum(opened) AS BIGINT) AS opened FROM created GROUP BY created
), counted AS (
  SELECT payer, created, count(*) AS c, any_value(payees) AS n1, any_value(opened) AS n2, min(account) AS first
  FROM funder JOIN busy USING (payer) JOIN young USING (created) GROUP BY payer, created HAVING c >= 4
), compared AS (
  SELECT *, expected(n1, n2, c, (SELECT accounts FROM figure)) AS e FROM counted
  WHERE n1 <= 0.5 * (SELECT accounts FROM figure)
)
SELECT payer, created, c, first FROM compared WHERE far_more(c, e)
