-- With how many does each account deal?
-- By: source
-- Reads: dealing_to
-- Makes: dealing
SELECT *, count(*) OVER (PARTITION BY facet, source) AS targets FROM dealing_to
