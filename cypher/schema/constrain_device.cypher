// Each Device is one node: found at once by its device, never written twice.
// Returns: nothing
// Generated from schemas/ by `make generated`: change the model, not this file.
CREATE CONSTRAINT device_device IF NOT EXISTS
FOR (n:Device) REQUIRE n.device IS UNIQUE
