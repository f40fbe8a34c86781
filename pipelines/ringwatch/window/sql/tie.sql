-- What connects accounts, and how much does it say: its bits, or what it adds to likeness, whichever is more?
-- By: identifier
-- Reads: sighting; identifier; facet whole; figure whole
-- Makes for now: tie
SELECT account, identifier, strength FROM (
  SELECT identifier, greatest(
    identifier.bits,
    CASE WHEN affinity + habit > 0 AND accounts BETWEEN affinity_from AND affinity_limit
      THEN rarity(accounts, affinity_limit) * greatest(affinity, habit) ELSE 0 END,
    CASE WHEN hub AND review_share > 0 AND accounts <= hub_limit + review_share * (SELECT accounts FROM figure)
      THEN facet.bits ELSE 0 END
  ) AS strength
  FROM identifier JOIN facet USING (facet) WHERE accounts > 1
) JOIN sighting USING (identifier) WHERE strength > 0 ORDER BY identifier, account
