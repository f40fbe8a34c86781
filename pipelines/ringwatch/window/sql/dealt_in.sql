-- How many dealings are there in each facet, as far as some accounts tell?
-- By: source
-- Reads: dealing
-- Makes for now: dealt_in
SELECT facet, count(*) AS edges FROM dealing GROUP BY facet
