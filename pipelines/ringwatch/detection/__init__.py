"""Finds groups and judges them: clean days in; candidates, their evidence and their odds out."""
