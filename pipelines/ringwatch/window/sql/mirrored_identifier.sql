-- Which identifiers do colours not tell apart?
-- By: colour
-- Reads: identifier_colour
-- Makes for now: mirrored_identifier
SELECT identifier, colour FROM identifier_colour QUALIFY count(*) OVER (PARTITION BY colour) > 1
