// At which hours (UTC) of which weekdays were members of a ring active in the window, and how many of them?
// Returns: hour, monday, tuesday, wednesday, thursday, friday, saturday, sunday
// :param ring_id => 'R-7F3K2A'
MATCH (:Ring {ring_id: $ring_id})<-[m:MEMBER_OF]-(:Account)
WHERE m.active_hours IS NOT NULL
UNWIND range(0, 23) AS hour
WITH hour, m.active_hours AS masks, toInteger(2 ^ hour) AS bit
WITH hour, [mask IN masks | mask / bit % 2] AS days
RETURN hour, sum(days[0]) AS monday, sum(days[1]) AS tuesday, sum(days[2]) AS wednesday, sum(days[3]) AS thursday,
  sum(days[4]) AS friday, sum(days[5]) AS saturday, sum(days[6]) AS sunday
ORDER BY hour
