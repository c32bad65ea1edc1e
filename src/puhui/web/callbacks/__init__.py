"""What outside parties call."""
