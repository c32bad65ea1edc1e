"""Policy texts that the house writes itself: drafted by one person, published by another, never edited afterwards.

A text that stands in the policies folder came with the installation. One published here lies in the database and, for
the loaders, as a file below settings.PUBLISHED_DIR; the row is what counts, the file can be written again from it.
"""
