"""Groups of accounts that are worth scoring: links in, candidates out, by the algorithms of GDS."""
