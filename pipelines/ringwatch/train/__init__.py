"""How scorecards are made: nights whose truth is known in, scorecards out."""
