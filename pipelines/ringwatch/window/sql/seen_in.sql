-- In which facets was anything seen?
-- By: identifier
-- Reads: identifier
-- Makes for now: seen_in
SELECT DISTINCT facet FROM identifier
