// Remove Mailbox nodes that no longer follow from the clean days.
// Returns: written
// Generated from schemas/ by `make generated`: change the model, not this file.
// :param mailbox => ['mailbox-1']
UNWIND range(0, size($mailbox) - 1) AS i
MATCH (n:Mailbox {mailbox: $mailbox[i]})
DETACH DELETE n
RETURN count(*) AS written
