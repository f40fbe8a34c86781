"""Rows that were refused or wait: which there are, how they are judged again, how they leave."""
