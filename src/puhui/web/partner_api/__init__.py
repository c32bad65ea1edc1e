"""The partner API: a versioned JSON interface for the whole journey, for programs that act for their customers."""
