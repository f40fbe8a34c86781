-- Which pairs of traits go together in four accounts and far more often than each alone would explain?
-- By: one
-- Reads: met_at; figure whole
-- Makes for now: found (one, other, c)
-- Numbers: identifier by one, other after identifier
WITH counted AS (
  SELECT one, other, CAST(sum(c) AS BIGINT) AS c, any_value(n1) AS n1, any_value(n2) AS n2
  FROM met_at GROUP BY ALL HAVING sum(c) >= 4
), judged AS (
  SELECT *, expected(n1, n2, c, (SELECT accounts FROM figure)) AS e FROM counted
)
SELECT one, other, c FROM judged WHERE far_more(c, e)
