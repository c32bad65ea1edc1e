"""Ways to treat people who fell behind, as policies that see only what a lender sees (import contract)."""
