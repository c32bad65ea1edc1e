"""Outside parties that know who somebody is."""
