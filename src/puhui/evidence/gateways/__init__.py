"""Outside parties that issue records."""
