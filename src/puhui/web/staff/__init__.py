"""The pages of the staff: dense, masked by default, every number with its trace."""
