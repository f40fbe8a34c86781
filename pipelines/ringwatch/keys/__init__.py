"""Keys of the tokens that stand for mailboxes and phones: made, kept, rotated, and what is under which of them."""
