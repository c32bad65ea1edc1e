"""Foundation: double entry. One row is one debit and one credit, so imbalance cannot be expressed."""
