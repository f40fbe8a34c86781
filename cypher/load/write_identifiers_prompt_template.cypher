// Which PromptTemplate nodes are there, and what is known of each?
// Returns: written
// Generated from schemas/ by `make generated`: change the model, not this file.
// :param template => ['template-1']
// :param updated_on => ['2026-03-01']
UNWIND range(0, size($template) - 1) AS i
MERGE (n:PromptTemplate {template: $template[i]})
SET n.updated_on = date($updated_on[i])
RETURN count(*) AS written
