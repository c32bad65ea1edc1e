"""The only place where stages are joined: one file, one sentence of the loan's life."""
