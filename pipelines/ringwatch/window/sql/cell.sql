-- Of which two traits is a cell?
-- By: one
-- Reads: found
-- Makes: cell
SELECT identifier, one, other FROM found ORDER BY identifier
