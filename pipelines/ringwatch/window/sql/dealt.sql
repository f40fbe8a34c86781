-- Which accounts deal directly? Who deals with more than the facet's hub_limit is a merchant, an exchange or the service.
-- By: account
-- Reads: partner; partners; partners.account via partner.other; facet whole
-- Makes: dealt
WITH pair AS (
  SELECT DISTINCT facet, account AS source, other AS target FROM partner WHERE account < other
)
SELECT source, target, CAST(count(*) AS DOUBLE) AS weight
FROM pair JOIN facet USING (facet) JOIN partners a ON (a.facet, a.account) = (pair.facet, source)
JOIN partners b ON (b.facet, b.account) = (pair.facet, target)
WHERE greatest(a.partners, b.partners) <= hub_limit GROUP BY source, target ORDER BY source, target
