-- On which line does each account live, told by its region? Lines are no VPNs, data centres, places of work, nor hubs.
-- By: account
-- Reads: sighting; identifier via sighting.identifier; whereabouts via sighting.identifier; facet whole
-- Makes for now: line
-- :param lives_days, lives
WITH seen AS (
  SELECT account, region(name) AS region, days,
    NOT hub AND coalesce(place IN ('home', 'cafe', 'carrier'), true) AS own
  FROM sighting JOIN identifier USING (identifier) JOIN facet USING (facet) JOIN whereabouts USING (identifier)
  WHERE outsider AND residents AND label IS NOT NULL
), spent AS (
  SELECT account, region, bit_or(days) AS days FROM seen WHERE own GROUP BY ALL
), most AS (
  SELECT account, arg_max(region, (bit_count(days), region)) AS region FROM spent GROUP BY account
), compared AS (
  SELECT account, most.region, bit_count(bit_or(days) FILTER (spent.region = most.region)) AS here,
    coalesce(bit_count(bit_or(days) FILTER (spent.region <> most.region)), 0) AS elsewhere
  FROM most JOIN spent USING (account) GROUP BY ALL
)
SELECT account, region
FROM compared JOIN (SELECT account, bit_count(bit_or(days)) AS days FROM seen GROUP BY account) USING (account)
WHERE here > elsewhere AND here >= greatest($lives_days, $lives * days)
