"""PostgreSQL whose sessions hold the key of the row seals."""
