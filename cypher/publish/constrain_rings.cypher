// Each ring is one node: found at once by its id, never written twice.
// Returns: nothing
CREATE CONSTRAINT ring_ring_id IF NOT EXISTS
FOR (r:Ring) REQUIRE r.ring_id IS UNIQUE
