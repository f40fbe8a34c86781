// Each IpAddress is one node: found at once by its ip, never written twice.
// Returns: nothing
// Generated from schemas/ by `make generated`: change the model, not this file.
CREATE CONSTRAINT ip_address_ip IF NOT EXISTS
FOR (n:IpAddress) REQUIRE n.ip IS UNIQUE
