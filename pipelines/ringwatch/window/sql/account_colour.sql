-- Which colours do accounts take up from their identifiers?
-- By: account
-- Reads: edge; account_colour; identifier_colour via edge.identifier
-- Makes for now: account_colour
SELECT account, hash(any_value(account_colour.colour), sum(hash(identifier_colour.colour, kind))) AS colour
FROM edge JOIN identifier_colour USING (identifier) JOIN account_colour USING (account) GROUP BY account
