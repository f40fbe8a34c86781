// Remove memberships that the newest published state does not renew.
// Returns: removed
// :param content => '9f2c41d07b3a'
MATCH (:Account)-[m:MEMBER_OF]->(:Ring)
WHERE m.content <> $content
DELETE m
RETURN count(m) AS removed
