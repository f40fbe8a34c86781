// Remove rings that the newest published state does not renew; their history stays in the review store.
// Returns: removed
// :param content => '9f2c41d07b3a'
MATCH (r:Ring)
WHERE r.content <> $content
DETACH DELETE r
RETURN count(r) AS removed
