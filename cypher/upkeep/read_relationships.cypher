// What does every relationship say, apart from the day on which that was written, and between which nodes?
// Returns: type, source, relationship, target
MATCH (a)-[r]->(b)
RETURN type(r) AS type, a{.*, updated_on: null} AS source, r{.*, updated_on: null} AS relationship,
  b{.*, updated_on: null} AS target
