-- Which addresses and networks does anybody live at?
-- By: identifier
-- Reads: abode
-- Makes for now: home
SELECT DISTINCT identifier FROM abode WHERE line
