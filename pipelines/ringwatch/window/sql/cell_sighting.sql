-- Who is in a cell?
-- By: account
-- Reads: side; found.one via side.identifier
-- Adds to: sighting
-- :param days
SELECT a.account, found.identifier, repeat('0', $days)::BIT AS days, NULL AS first, NULL AS last, 0 AS tenure
FROM found JOIN side a ON a.identifier = one JOIN side b ON b.identifier = other AND b.account = a.account
ORDER BY ALL
