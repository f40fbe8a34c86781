// What does the graph say of each Mailbox?
// Returns: mailbox, updated_on
// Generated from schemas/ by `make generated`: change the model, not this file.
MATCH (n:Mailbox)
WHERE n.mailbox IS NOT NULL
RETURN n.mailbox AS mailbox,
  toString(n.updated_on) AS updated_on
