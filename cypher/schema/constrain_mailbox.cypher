// Each Mailbox is one node: found at once by its mailbox, never written twice.
// Returns: nothing
// Generated from schemas/ by `make generated`: change the model, not this file.
CREATE CONSTRAINT mailbox_mailbox IF NOT EXISTS
FOR (n:Mailbox) REQUIRE n.mailbox IS UNIQUE
