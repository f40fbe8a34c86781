-- In what place does each account spend most of its days, and from which network does it mostly come?
-- By: account
-- Reads: sighting; whereabouts via sighting.identifier; main_network
-- Makes: stay
WITH spent AS (
  SELECT account, place, sum(greatest(bit_count(days), 1)) AS days
  FROM sighting JOIN whereabouts USING (identifier) WHERE place IS NOT NULL GROUP BY ALL
)
SELECT account, place, network
FROM (SELECT account, arg_max(place, (spent.days, place)) AS place FROM spent GROUP BY account)
FULL JOIN main_network USING (account) ORDER BY account
