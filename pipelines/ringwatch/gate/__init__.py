"""The gate: what arrives in, typed and judged rows out; what the feed folder holds, its rules, its trends."""
