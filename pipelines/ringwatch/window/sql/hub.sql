-- Who is on a hub that may hide a large ring?
-- By: identifier
-- Reads: identifier; sighting; facet whole; figure whole
-- Makes for now: hub
SELECT account, identifier, facet.bits AS bits
FROM identifier JOIN facet USING (facet) JOIN sighting USING (identifier)
WHERE hub AND review_share > 0 AND identifier.accounts <= hub_limit + review_share * (SELECT accounts FROM figure)
ORDER BY identifier, account
