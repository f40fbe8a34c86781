// What does the graph say of each PromptTemplate?
// Returns: template, updated_on
// Generated from schemas/ by `make generated`: change the model, not this file.
MATCH (n:PromptTemplate)
WHERE n.template IS NOT NULL
RETURN n.template AS template,
  toString(n.updated_on) AS updated_on
