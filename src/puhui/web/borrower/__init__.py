"""The pages of a borrower, one file a subject."""
