"""SQLite with the function that seals rows."""
