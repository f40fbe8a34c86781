// Is there such an account in the graph?
// Returns: known
// :param id => 'A-1'
RETURN EXISTS { (:Account {account_id: $id}) } AS known
