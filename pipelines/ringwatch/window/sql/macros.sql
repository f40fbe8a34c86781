-- Expressions that several statements use.

-- Accounts that are expected to have two traits, of n1 and n2 of all accounts, when c have both: what c does not explain.
CREATE OR REPLACE TEMP MACRO expected(n1, n2, c, accounts) AS (n1 - c) * (n2 - c) / accounts + 0.5;

-- Whether c accounts are far more than the e that are expected: 8 times as many, and a log-likelihood ratio above 14.
CREATE OR REPLACE TEMP MACRO far_more(c, e) AS c / e >= 8.0 AND c * ln(c / e) - c + e > 14.0;

-- What sharing a cell is worth to two of its c accounts, by the bits and the hub limit of the facet.
CREATE OR REPLACE TEMP MACRO worth(c, bits, hub_limit) AS
  CASE WHEN c > hub_limit THEN 0 ELSE bits * (1 - ln(c / 2) / ln(hub_limit / 2)) END;

-- What is left of likeness on an identifier of so many accounts: 1 for two, nothing from the limit on.
CREATE OR REPLACE TEMP MACRO rarity(accounts, affinity_limit) AS 1 - ln(accounts / 2) / ln(affinity_limit / 2);

-- What stays of the name of an address, or of its network, when a line gets another: its /20, or the /32 of an IPv6 one.
CREATE OR REPLACE TEMP MACRO region(name) AS
  CASE WHEN contains(name, ':') THEN array_to_string(split(name, ':')[1:2], ':')
    WHEN regexp_matches(name, '^(\d+[.]){2}\d+([.]|$)') THEN
      array_to_string(split(name, '.')[1:2], '.') || '.' || CAST(split(name, '.')[3] AS INTEGER) // 16
    ELSE name END;
