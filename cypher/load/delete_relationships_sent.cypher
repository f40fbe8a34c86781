// Remove what no longer follows from the clean days: (:Account)-[:SENT]->(:PromptTemplate).
// Returns: written
// Generated from schemas/ by `make generated`: change the model, not this file.
// :param account_id => ['account_id-1']
// :param template => ['template-1']
UNWIND range(0, size($account_id) - 1) AS i
MATCH (:Account {account_id: $account_id[i]})-[r:SENT]->(x:PromptTemplate)
WHERE x.template = $template[i]
DELETE r
RETURN count(r) AS written
