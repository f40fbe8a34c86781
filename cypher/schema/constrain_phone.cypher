// Each Phone is one node: found at once by its phone, never written twice.
// Returns: nothing
// Generated from schemas/ by `make generated`: change the model, not this file.
CREATE CONSTRAINT phone_phone IF NOT EXISTS
FOR (n:Phone) REQUIRE n.phone IS UNIQUE
