-- Which pairs does an identifier make alike, in facets in which that may be usual?
-- By: identifier
-- Reads: sighting; identifier; facet whole
-- Makes for now: pair_alike
WITH used AS (
  SELECT account, identifier, facet, tenure AS staying, CASE WHEN residents THEN tenure ELSE 0 END AS tenure,
    rarity(accounts, affinity_limit) * affinity AS shared, rarity(accounts, affinity_limit) * habit AS stayed
  FROM sighting JOIN identifier USING (identifier) JOIN facet USING (facet)
  WHERE affinity_pairs > 0 AND affinity + habit > 0 AND accounts BETWEEN greatest(affinity_from, 2) AND affinity_limit
)
SELECT DISTINCT a.facet, a.account AS source, b.account AS target
FROM used a JOIN used b ON a.identifier = b.identifier AND a.account < b.account
WHERE a.shared * (1 - a.tenure) * (1 - b.tenure) > 0 OR a.stayed * least(a.staying, b.staying) > 0
