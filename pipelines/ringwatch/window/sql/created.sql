-- How many accounts were opened on each day, as far as some of them tell?
-- By: account
-- Reads: account
-- Makes for now: created
SELECT created, count(*) AS opened FROM account GROUP BY created
