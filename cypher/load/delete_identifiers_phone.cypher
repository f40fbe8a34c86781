// Remove Phone nodes that no longer follow from the clean days.
// Returns: written
// Generated from schemas/ by `make generated`: change the model, not this file.
// :param phone => ['phone-1']
UNWIND range(0, size($phone) - 1) AS i
MATCH (n:Phone {phone: $phone[i]})
DETACH DELETE n
RETURN count(*) AS written
