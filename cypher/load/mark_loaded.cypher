// Remember that these days, with these files, are in the graph as a whole, and the state that it was told.
// Returns: written
// :param day => ['2026-03-01']
// :param digest => ['9f2c41d07b3a']
// :param state => '5b0e9a1c22d4f377'
MERGE (s:LoadState)
SET s.state = $state
WITH s
OPTIONAL MATCH (old:LoadedDay)
WHERE NOT toString(old.day) IN $day
DELETE old
WITH DISTINCT s
UNWIND range(0, size($day) - 1) AS i
MERGE (d:LoadedDay {day: date($day[i])})
SET d.digest = $digest[i],
  d.updated_on = date($day[i])
RETURN count(*) AS written
