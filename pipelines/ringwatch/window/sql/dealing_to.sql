-- Who invited or paid whom, and how many deal with the same account?
-- By: name
-- Reads: dealt_with; account.account_id; account.account_id via dealt_with.account_id
-- Makes for now: dealing_to
SELECT source, target, facet, name, count(*) OVER (PARTITION BY facet, target) AS sources
FROM (
  SELECT DISTINCT source.account AS source, target.account AS target, facet, name
  FROM dealt_with JOIN account source USING (account_id) JOIN account target ON target.account_id = name
)
