-- How many such pairs are there in each facet, as far as some accounts tell?
-- By: source
-- Reads: pair_alike
-- Makes for now: met_in
SELECT facet, count(*) AS pairs FROM (SELECT DISTINCT facet, source, target FROM pair_alike) GROUP BY facet
