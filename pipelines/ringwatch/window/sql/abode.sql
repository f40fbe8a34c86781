-- Where does each account live: the addresses and networks of its line, and the device that it lives with?
-- By: account
-- Reads: sighting; identifier via sighting.identifier; facet whole; line
-- Makes: abode
-- :param device_days, lives
WITH passed AS MATERIALIZED (  -- or all lines of a region are joined with all addresses of it
  SELECT account, identifier, region(name) AS region FROM sighting JOIN identifier USING (identifier)
  JOIN facet USING (facet) WHERE outsider AND residents
), machine AS (
  SELECT account, arg_max(identifier, (bit_count(days), -accounts, identifier)) AS identifier,
    max(bit_count(days)) AS most, bit_count(bit_or(days)) AS days
  FROM sighting JOIN identifier USING (identifier) JOIN facet USING (facet)
  WHERE outsider AND NOT residents GROUP BY account, facet
)
SELECT account, identifier, true AS line FROM passed JOIN line USING (account, region)
UNION ALL
SELECT account, identifier, false FROM machine WHERE most >= greatest($device_days, $lives * days)
ORDER BY ALL
