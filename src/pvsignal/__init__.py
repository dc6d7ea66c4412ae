"""Signals of disproportionate reporting from the FDA's adverse-event archive."""

__version__ = "0.1.0"
