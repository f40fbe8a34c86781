-- Who uses what, among those that colours do not tell apart?
-- By: account
-- Reads: edge; mirrored_account; mirrored_identifier via edge.identifier; person; thing via edge.identifier
-- Makes for now: mirrored_edge
SELECT account, who.colour AS account_colour, account_id, identifier, what.colour AS identifier_colour, facet, name, kind
FROM edge JOIN mirrored_account who USING (account) JOIN mirrored_identifier what USING (identifier)
JOIN person USING (account) JOIN thing USING (identifier)
