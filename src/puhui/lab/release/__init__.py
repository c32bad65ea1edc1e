"""What a release needs: an archive of a demo that the next release must still read alike, and the changelog."""
