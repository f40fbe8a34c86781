-- From which network does each account mostly come?
-- By: account
-- Reads: sighting; identifier via sighting.identifier
-- Makes for now: main_network
SELECT account, arg_max(identifier, (bit_count(days), -accounts, identifier)) AS network
FROM sighting JOIN identifier USING (identifier) WHERE facet = 'network' GROUP BY account
