// What does the graph say of each Phone?
// Returns: phone, updated_on
// Generated from schemas/ by `make generated`: change the model, not this file.
MATCH (n:Phone)
WHERE n.phone IS NOT NULL
RETURN n.phone AS phone,
  toString(n.updated_on) AS updated_on
