-- Which accounts were seen in the window, or opened in it? Their numbers may come in any order.
-- By: account_id
-- Reads: activity; opened
-- Makes for now: person
-- :param bucket, buckets
SELECT CAST(row_number() OVER () * $buckets - $bucket AS INTEGER) AS account, account_id, active_days, opened
FROM (SELECT account_id, count(DISTINCT day) AS active_days FROM activity GROUP BY account_id)
LEFT JOIN opened USING (account_id)
