// How many memberships does the graph show of a published state?
// Returns: members
// :param content => '9f2c41d07b3a'
MATCH (:Account)-[m:MEMBER_OF {content: $content}]->(:Ring)
RETURN count(m) AS members
