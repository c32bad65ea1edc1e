"""The demo only: the inbox of sent messages and the clock that can be moved."""
