// Each PromptTemplate is one node: found at once by its template, never written twice.
// Returns: nothing
// Generated from schemas/ by `make generated`: change the model, not this file.
CREATE CONSTRAINT prompt_template_template IF NOT EXISTS
FOR (n:PromptTemplate) REQUIRE n.template IS UNIQUE
