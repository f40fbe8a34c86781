-- What do accounts share two by two, and how much does that say? Sums are explained in `pairs.py`.
-- By: shard
-- Reads: account; sighting; identifier; facet whole; usual whole
-- Makes: link
-- {accounts}: narrows down whose pairs are made; what sharing an identifier is worth does not change
-- :param least_bits, least_likeness
WITH used AS (
  SELECT account, identifier, days, first, last, CASE WHEN residents THEN tenure ELSE 0 END AS tenure,
    tenure AS staying, identifier.bits > 0 AS links,
    CASE WHEN affinity + habit > 0 AND accounts BETWEEN affinity_from AND affinity_limit
      THEN rarity(accounts, affinity_limit) ELSE 0 END AS rarity
  FROM sighting JOIN identifier USING (identifier) JOIN facet USING (facet) {accounts}
  WHERE accounts > 1 AND (identifier.bits > 0 OR rarity > 0)
), met AS (
  SELECT a.account AS source, b.account AS target, a.identifier,
    CASE WHEN a.links THEN a.days & b.days ELSE xor(a.days, a.days) END AS days,
    a.rarity, least(a.staying, b.staying) AS staying,
    (1 - a.tenure) * (1 - b.tenure) * CASE WHEN least(a.tenure, b.tenure) > 0.5 THEN 0.5 ELSE 1 END AS visiting,
    greatest(greatest(a.first, b.first) - least(a.last, b.last), 0) AS gap
  FROM used a JOIN used b ON a.identifier = b.identifier AND a.account < b.account
), by_facet AS (
  SELECT source, target, facet, bit_or(days) AS days, any_value(cap_bits) AS cap, any_value(residents) AS residents,
    sum(identifier.bits * visiting * CASE WHEN bit_count(days) > 0 THEN 1.25
      WHEN half_life_days > 0 THEN pow(2, -gap / half_life_days) ELSE 1 END) AS bits,
    sum(rarity * affinity * visiting) + max(rarity * habit * staying) AS likeness
  FROM met JOIN identifier USING (identifier) JOIN facet USING (facet) GROUP BY source, target, facet
), apart AS (
  SELECT source, target, facet, days, least(cap, bits) * CASE WHEN residents
    THEN 1 - bit_count(days) / (least(a.active_days, b.active_days) + 2) ELSE 1 END AS bits,
    likeness * greatest(1 - coalesce(usual.part, 0), 0) AS likeness,
    coalesce(greatest(3 - log2(1 + abs(a.created - b.created)), 0), 0) AS young
  FROM by_facet JOIN account a ON a.account = source JOIN account b ON b.account = target LEFT JOIN usual USING (facet)
)
SELECT source, target, round(sum(bits), 6) AS bits, list(facet ORDER BY facet) FILTER (bits > 0) AS facets,
  bit_count(bit_or(days)) AS days, round(sum(likeness) + any_value(young), 6) AS likeness
FROM apart GROUP BY source, target
HAVING round(sum(bits), 6) >= $least_bits OR round(sum(likeness) + any_value(young), 6) >= $least_likeness
ORDER BY source, target
