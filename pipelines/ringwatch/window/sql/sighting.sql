-- Who used what, by their places, and does an account stay there?
-- By: account
-- Reads: use; person; account_place; identifier_place via use.identifier
-- Makes: sighting
-- :param resident_days
SELECT account_place.place AS account, identifier_place.place AS identifier, days, first, last,
  CAST(CASE WHEN bit_count(days) >= $resident_days THEN bit_count(days) / active_days ELSE 0 END AS FLOAT) AS tenure
FROM use JOIN person USING (account) JOIN account_place USING (account) JOIN identifier_place USING (identifier)
