-- Who was first paid by whom, within a day of being opened?
-- By: payee
-- Reads: paid; account.account_id; opened.account_id
-- Makes for now: funder
-- :param hours
WITH first AS (
  SELECT payee, arg_min(payer, (moment, payer)) AS payer, min(moment) AS moment FROM paid GROUP BY payee
)
SELECT account.account, payer, account.created
FROM first JOIN account ON account.account_id = payee JOIN opened ON opened.account_id = payee
WHERE abs(date_diff('hour', opened, moment)) <= $hours
