// What does the clock of the server say?
// Returns: now (milliseconds since 1970, UTC)
RETURN timestamp() AS now
