"""Django's two databases, each connection of which holds the key of the row seals (see `puhui.runtime.row_seals`)."""
