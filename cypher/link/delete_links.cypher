// Remove links that the window no longer supports.
// Returns: written
// :param source => ['A-1']
// :param target => ['A-2']
UNWIND range(0, size($source) - 1) AS i
MATCH (:Account {account_id: $source[i]})-[l:LINKED_TO]->(:Account {account_id: $target[i]})
DELETE l
RETURN count(l) AS written
