-- Who used what, when?
-- By: name
-- Reads: seen; thing
-- Makes for now: use
SELECT account, identifier, days, first, last FROM seen JOIN thing USING (facet, name)
