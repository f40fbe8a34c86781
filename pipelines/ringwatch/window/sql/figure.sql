-- How many accounts are there, and how far apart were they opened?
-- By: all
-- Reads: account
-- Makes: figure
SELECT count(*) AS accounts, mad(hour) AS hours FROM account
