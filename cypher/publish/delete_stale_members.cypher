// Remove memberships, of now and of before, and payments that the newest published state does not renew.
// Returns: nothing
// :param day => date('2026-03-01')
// :param content => '9f2c41d07b3a'
MATCH (a:Account)-[m:MEMBER_OF|WAS_MEMBER_OF|PAID]->()
WHERE m.content <> $content OR m.updated_on <> $day
DELETE m
WITH DISTINCT a
WHERE NOT EXISTS { (a)-[:MEMBER_OF]->(:Ring) }
REMOVE a:Core:Fringe
