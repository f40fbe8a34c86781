-- What place is each address?
-- By: identifier
-- Reads: identifier; sighting; account via sighting.account; works_for via sighting.account; place_kind via identifier.name
-- Makes for now: address
-- :param facet, working, lives, passing, office, working_days, working_share, same, home
WITH kind AS (
  SELECT name, arg_max(kind, (rows, kind)) AS kind
  FROM (SELECT name, kind, sum(rows) AS rows FROM place_kind GROUP BY ALL)
  GROUP BY name
), there AS (
  SELECT identifier, name, accounts, account, bit_count(days) AS days, bit_count(days & $working::BIT) AS working,
    bit_count(days) = 1 AND active_days > 1 AS passes, tenure >= $lives AS lives
  FROM identifier JOIN sighting USING (identifier) JOIN account USING (account) WHERE facet = $facet
), staff AS (
  SELECT identifier, max(staff) AS staff, arg_max(academic, (staff, academic)) AS academic
  FROM (
    SELECT identifier, employer, bool_or(academic) AS academic, count(*) AS staff
    FROM there JOIN works_for USING (account) GROUP BY identifier, employer
  ) GROUP BY identifier
), judged AS (
  SELECT identifier, any_value(kind) AS kind, any_value(accounts) AS accounts,
    coalesce(any_value(staff), 0) AS staff, coalesce(any_value(academic), false) AS academic,
    count(*) FILTER (passes) >= $passing * count(*) AND NOT bool_or(lives) AND count(*) >= $office AS cafe,
    count(*) FILTER (lives) >= $office AND sum(working) FILTER (lives) >= $working_days
      AND sum(working) FILTER (lives) >= $working_share * sum(days) FILTER (lives) AS at_work
  FROM there LEFT JOIN kind USING (name) LEFT JOIN staff USING (identifier) GROUP BY identifier
)
SELECT identifier, CASE
  WHEN kind IN ('vpn', 'hosting') THEN kind
  WHEN kind = 'mobile' THEN 'carrier'
  WHEN kind = 'education' THEN 'campus'
  WHEN staff >= $office AND staff >= $same * accounts THEN CASE WHEN academic THEN 'campus' ELSE 'office' END
  WHEN cafe THEN 'cafe'
  WHEN at_work OR kind = 'business' THEN 'office'
  WHEN accounts <= $home THEN 'home'
  ELSE 'carrier' END AS place
FROM judged
