// What does the graph say of each Device?
// Returns: device, platform, updated_on
// Generated from schemas/ by `make generated`: change the model, not this file.
MATCH (n:Device)
WHERE n.device IS NOT NULL
RETURN n.device AS device,
  n.platform AS platform,
  toString(n.updated_on) AS updated_on
