-- On which days was each account seen with each name? None for what lasts.
-- By: account_id
-- Reads: activity; lasting; person; no_name whole
-- Makes for now: seen
-- :param last
SELECT account, facet, name, bitstring_agg(CAST(day AS INTEGER), 0, {last}) AS days,
  CAST(min(day) AS SMALLINT) AS first, CAST(max(day) AS SMALLINT) AS last
FROM activity JOIN person USING (account_id) ANTI JOIN no_name USING (facet, name)
WHERE name IS NOT NULL GROUP BY ALL
UNION ALL
SELECT DISTINCT account, facet, name, repeat('0', {last} + 1)::BIT, NULL, NULL
FROM lasting JOIN person USING (account_id) ANTI JOIN no_name USING (facet, name)
