// Each day that is in the graph as a whole is one node.
// Returns: nothing
CREATE CONSTRAINT loaded_day_day IF NOT EXISTS
FOR (d:LoadedDay) REQUIRE d.day IS UNIQUE
