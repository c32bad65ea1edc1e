"""Puhui: consumer credit that a customer can serve herself."""

__version__ = "0.1.0"
