// Remove PromptTemplate nodes that no longer follow from the clean days.
// Returns: written
// Generated from schemas/ by `make generated`: change the model, not this file.
// :param template => ['template-1']
UNWIND range(0, size($template) - 1) AS i
MATCH (n:PromptTemplate {template: $template[i]})
DETACH DELETE n
RETURN count(*) AS written
