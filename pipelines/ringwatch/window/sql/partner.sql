-- Who deals with whom, either way?
-- By: source
-- Reads: dealing
-- Makes for now: partner
SELECT facet, source AS account, target AS other FROM dealing
UNION
SELECT facet, target, source FROM dealing
