"""Foundation: every login, staff or borrower, one-time codes and roles."""
