-- Which accounts did each payer pay?
-- By: payee
-- Reads: paid; account.account_id
-- Makes for now: payee
SELECT DISTINCT payer, payee FROM paid JOIN account ON account_id = payee
