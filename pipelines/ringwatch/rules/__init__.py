"""Rules that Great Expectations lacks, in its own form.

Importing a module of this folder takes seconds: it needs all of the library.
"""
