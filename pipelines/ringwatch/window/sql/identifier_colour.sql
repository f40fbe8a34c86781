-- Which colours do identifiers take up from their accounts?
-- By: identifier
-- Reads: edge; account_colour via edge.account
-- Makes for now: identifier_colour
SELECT identifier, hash(sum(hash(colour, kind))) AS colour
FROM edge JOIN account_colour USING (account) GROUP BY identifier
