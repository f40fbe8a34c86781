-- What are cells called, and what is sharing one worth?
-- By: one
-- Reads: found; identifier.identifier; identifier.identifier via found.other; facet whole
-- Adds to: identifier
SELECT found.identifier, facet.facet, a.facet || '=' || a.name || ' ' || b.facet || '=' || b.name AS name, c AS accounts,
  c > facet.hub_limit AS hub, worth(c, facet.bits, facet.hub_limit) AS bits
FROM found JOIN identifier a ON a.identifier = one JOIN identifier b ON b.identifier = other, facet
WHERE facet.facet = 'cell' ORDER BY found.identifier
