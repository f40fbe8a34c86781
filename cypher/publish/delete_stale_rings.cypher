// Remove rings that the newest published state does not renew; their history stays in the review store.
// Returns: removed
// :param day => date('2026-03-01')
// :param content => '9f2c41d07b3a'
MATCH (r:Ring)
WHERE r.content <> $content OR r.updated_on <> $day
DETACH DELETE r
RETURN count(r) AS removed
