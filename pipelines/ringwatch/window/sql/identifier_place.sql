-- What is the place of each identifier?
-- By: identifier
-- Reads: thing; identifier_colour; identifier_mirror whole; alone
-- Makes for now: identifier_place (identifier)
-- Numbers: place by facet, colour, mirror_colour, part, owner_place, alone_colour, name
SELECT identifier, facet, identifier_colour.colour, mirror.colour AS mirror_colour, part,
  alone.place AS owner_place, alone.colour AS alone_colour, name
FROM thing LEFT JOIN identifier_colour USING (identifier) LEFT JOIN identifier_mirror mirror USING (identifier)
LEFT JOIN alone USING (identifier)
