// Remove Device nodes that no longer follow from the clean days.
// Returns: written
// Generated from schemas/ by `make generated`: change the model, not this file.
// :param device => ['device-1']
UNWIND range(0, size($device) - 1) AS i
MATCH (n:Device {device: $device[i]})
DETACH DELETE n
RETURN count(*) AS written
