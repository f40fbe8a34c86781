-- In which cells does an account live, because it lives at one of their sides?
-- By: account
-- Reads: sighting; abode; cell via sighting.identifier
-- Adds to: abode
WITH side AS (
  SELECT identifier AS cell, one AS identifier FROM cell UNION ALL SELECT identifier, other FROM cell
)
SELECT account, cell AS identifier, bool_or(line) AS line
FROM side JOIN abode USING (identifier) JOIN sighting USING (account)
WHERE sighting.identifier = cell GROUP BY ALL ORDER BY ALL
