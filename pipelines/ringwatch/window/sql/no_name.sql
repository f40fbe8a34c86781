-- Which names say nothing, because several kinds of identifier have them (a kind is a label), or reviewers allowed them?
-- Numbers are counted from 1 in each kind and say nothing of that.
-- By: name
-- Reads: activity; lasting; facet whole; allowed whole
-- Makes for now: no_name
-- :param facets
WITH named AS (
  SELECT DISTINCT facet, label, name
  FROM (SELECT facet, name FROM activity UNION ALL SELECT facet, name FROM lasting) JOIN facet USING (facet)
  WHERE facet IN (SELECT unnest($facets)) AND NOT regexp_full_match(name, '[0-9]+')
)
SELECT facet, name FROM named WHERE name IN (SELECT name FROM named GROUP BY name HAVING count(DISTINCT label) > 1)
UNION ALL
FROM allowed
