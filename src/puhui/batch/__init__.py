"""Whole-portfolio runs."""
