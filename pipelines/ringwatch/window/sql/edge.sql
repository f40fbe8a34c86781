-- Who uses what others use, too, and how?
-- By: account
-- Reads: use; thing via use.identifier
-- Makes for now: edge
SELECT account, identifier, hash(facet, days, owner IS NOT DISTINCT FROM account) AS kind
FROM use JOIN thing USING (identifier) WHERE accounts > 1
