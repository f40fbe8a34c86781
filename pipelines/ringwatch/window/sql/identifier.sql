-- What is a hub, and what is sharing worth? Bits fall with the logarithm of the accounts.
-- By: identifier
-- Reads: thing; identifier_place; facet whole
-- Makes: identifier
SELECT place AS identifier, facet, name, accounts, bits > 0 AND accounts > hub_limit AS hub,
  CASE WHEN accounts < 2 OR accounts > hub_limit THEN 0
    ELSE bits * (1 - ln(accounts / 2) / ln(hub_limit / 2)) END AS bits
FROM thing JOIN identifier_place USING (identifier) JOIN facet USING (facet) ORDER BY place
