-- What are accounts funded from one purse on one day called, and what is sharing it worth?
-- By: payer
-- Reads: purse; facet whole
-- Adds to: identifier
-- :param since, funding
SELECT identifier, facet.facet, payer || ' on ' || CAST($since + CAST(created AS INTEGER) AS DATE) AS name, c AS accounts,
  c > facet.hub_limit AS hub, worth(c, facet.bits, facet.hub_limit) AS bits
FROM purse, facet WHERE facet.facet = $funding ORDER BY identifier
