"""Joins worlds and policies: runs the arms on the same households and says what differs, with intervals."""
