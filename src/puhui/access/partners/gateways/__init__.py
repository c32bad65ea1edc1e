"""Where the house calls a partner's program."""
