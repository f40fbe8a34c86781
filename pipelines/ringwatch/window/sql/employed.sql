-- Who has a mail domain of an organisation, whose accounts share their networks?
-- By: identifier
-- Reads: identifier; sighting; account via sighting.account; main_network via sighting.account
-- Makes: employed
-- :param last_day, long_lived_days, free_mail, office, same
WITH of_domain AS (
  SELECT account, identifier AS domain, name, network, created <= $last_day - $long_lived_days AS long_lived,
    count(*) OVER (PARTITION BY identifier, network) AS together
  FROM identifier JOIN sighting USING (identifier) JOIN account USING (account) LEFT JOIN main_network USING (account)
  WHERE facet = 'domain' AND NOT list_contains($free_mail, name)
), met AS (
  SELECT account, domain, long_lived, count(*) OVER here AS accounts, count(network) OVER here AS located,
    count(*) FILTER (network IS NOT NULL AND together > 1) OVER here AS gathered,
    count(*) FILTER (long_lived) OVER here AS colleagues
  FROM of_domain WINDOW here AS (PARTITION BY domain)
)
SELECT account, domain, coalesce(long_lived, false) AS long_lived, colleagues FROM met
WHERE accounts >= $office AND gathered >= $same * located ORDER BY account
