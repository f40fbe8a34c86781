// Which Device nodes are there, and what is known of each?
// Returns: written
// Generated from schemas/ by `make generated`: change the model, not this file.
// :param device => ['device-1']
// :param platform => ['platform-1']
// :param updated_on => ['2026-03-01']
UNWIND range(0, size($device) - 1) AS i
MERGE (n:Device {device: $device[i]})
SET n.platform = $platform[i],
  n.updated_on = date($updated_on[i])
RETURN count(*) AS written
