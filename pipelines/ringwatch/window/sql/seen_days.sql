-- On which days was anything seen, as far as some of the accounts tell?
-- By: account
-- Reads: sighting
-- Makes for now: seen_days
SELECT bit_or(days) AS days FROM sighting
