"""ringwatch finds the groups of accounts behind one operator, every night, with reasons a person can check."""

from importlib.metadata import version

__version__ = version("ringwatch")
