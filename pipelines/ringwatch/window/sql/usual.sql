-- How usual is it to deal, or to be alike, in each facet? Each doubling of what is usual takes a bit of the affinity.
-- By: all
-- Reads: seen_in whole; met_in whole; dealt_in whole; facet whole; figure whole
-- Makes: usual
WITH met AS (
  SELECT facet, sum(pairs) AS pairs FROM met_in GROUP BY facet
), dealt AS (
  SELECT facet, CAST(sum(edges) AS BIGINT) AS edges FROM dealt_in GROUP BY facet
)
SELECT facet, coalesce(edges, 0) AS edges, CASE WHEN pairs > 0
  THEN greatest(log2(pairs / (affinity_pairs * (SELECT accounts FROM figure))), 0) / affinity ELSE 0 END AS part
FROM (SELECT facet FROM seen_in UNION SELECT facet FROM dealt) JOIN facet USING (facet)
LEFT JOIN met USING (facet) LEFT JOIN dealt USING (facet) ORDER BY facet
