// Each Account is one node: found at once by its account_id, never written twice.
// Returns: nothing
// Generated from schemas/ by `make generated`: change the model, not this file.
CREATE CONSTRAINT account_account_id IF NOT EXISTS
FOR (n:Account) REQUIRE n.account_id IS UNIQUE
