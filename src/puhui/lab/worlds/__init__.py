"""Simulated households in which claims about relief are tested. No policy may import this package (import contract)."""
