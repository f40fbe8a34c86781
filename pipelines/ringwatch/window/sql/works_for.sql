-- For whom does each account work, and is that academic?
-- By: account
-- Reads: sighting; identifier via sighting.identifier; employed
-- Makes for now: works_for
SELECT account, arg_max(name, (facet = 'organisation', identifier)) AS employer,
  bool_or(facet = 'domain' AND regexp_matches(name, '[.](edu|ac)([.][a-z]{2})?$')) AS academic
FROM sighting JOIN identifier USING (identifier) LEFT JOIN employed USING (account)
WHERE facet = 'organisation' OR identifier = domain GROUP BY account
