-- Who was funded from it?
-- By: payer
-- Reads: purse; funder
-- Adds to: sighting
-- :param days
SELECT account, identifier, repeat('0', $days)::BIT AS days, NULL AS first, NULL AS last, 0 AS tenure
FROM purse JOIN funder USING (payer, created) ORDER BY ALL
