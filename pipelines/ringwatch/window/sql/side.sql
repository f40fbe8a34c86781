-- Who has a trait that may be a side of a cell? Not one of more than a fifth of all accounts.
-- By: identifier
-- Reads: sighting; identifier; facet whole; figure whole
-- Makes for now: side
SELECT account, identifier, facet, identifier.accounts
FROM sighting JOIN identifier USING (identifier) JOIN facet USING (facet)
WHERE side > 0 AND identifier.accounts >= side
  AND identifier.accounts <= greatest(0.2 * (SELECT accounts FROM figure), side)
