-- How much of its days at addresses does an account spend where another one lives and it does not?
-- By: account
-- Reads: sighting; identifier via sighting.identifier; home via sighting.identifier; abode; facet whole
-- Makes: guest
-- :param lives_days
SELECT account, coalesce(
    sum(bit_count(days)) FILTER (home.identifier IS NOT NULL AND abode.account IS NULL AND NOT hub), 0
  ) / sum(bit_count(days)) AS share,
  bit_count(bit_or(days)) < $lives_days AS hardly_seen
FROM sighting JOIN identifier USING (identifier) JOIN facet USING (facet)
LEFT JOIN home USING (identifier) LEFT JOIN abode USING (account, identifier)
WHERE outsider AND residents AND label IS NOT NULL GROUP BY account HAVING sum(bit_count(days)) > 0 ORDER BY account
