-- From how many networks do the accounts of an identifier come, on how many days was it there, and what place is it?
-- By: identifier
-- Reads: sighting; main_network via sighting.account; seen_days whole; address
-- Makes: whereabouts
WITH spread AS (
  SELECT identifier, round(log2(sum(accounts)) - sum(accounts * log2(accounts)) / sum(accounts), 6) AS networks
  FROM (SELECT identifier, network, count(*) AS accounts FROM sighting JOIN main_network USING (account) GROUP BY ALL)
  GROUP BY identifier
), seen AS (
  SELECT identifier, bit_count(bit_or(days)) / greatest((SELECT bit_count(bit_or(days)) FROM seen_days), 1) AS lasts
  FROM sighting GROUP BY identifier
)
SELECT identifier, coalesce(networks, 0) AS networks, round(lasts, 6) AS lasts, place
FROM seen LEFT JOIN spread USING (identifier) LEFT JOIN address USING (identifier) ORDER BY identifier
