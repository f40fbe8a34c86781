-- How many accounts of a network were opened about the same day?
-- By: network
-- Reads: stay; account via stay.account
-- Makes: opening
-- {term_days}: days before and after, a number
SELECT network, created,
  CAST(sum(count(*)) OVER (
    PARTITION BY network ORDER BY created RANGE BETWEEN {term_days} PRECEDING AND {term_days} FOLLOWING
  ) AS BIGINT) AS opened,
  CAST(sum(count(*)) OVER (PARTITION BY network) AS BIGINT) AS accounts
FROM stay JOIN account USING (account) WHERE network IS NOT NULL AND created IS NOT NULL
GROUP BY network, created ORDER BY network, created
