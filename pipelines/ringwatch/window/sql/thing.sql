-- What was used, by how many accounts, and which account is it, if it is one? Numbers may come in any order.
-- By: name
-- Reads: seen; person.account_id; facet whole
-- Makes for now: thing
-- :param bucket, buckets, account
SELECT CAST(row_number() OVER () * $buckets - $bucket AS INTEGER) AS identifier, facet, name, accounts,
  person.account AS owner
FROM (SELECT facet, name, count(*) AS accounts FROM seen GROUP BY ALL) JOIN facet USING (facet)
LEFT JOIN person ON label = $account AND account_id = name
