// Which Phone nodes are there, and what is known of each?
// Returns: written
// Generated from schemas/ by `make generated`: change the model, not this file.
// :param phone => ['phone-1']
// :param updated_on => ['2026-03-01']
UNWIND range(0, size($phone) - 1) AS i
MERGE (n:Phone {phone: $phone[i]})
SET n.updated_on = date($updated_on[i])
RETURN count(*) AS written
