"""Peers' loan cases: read into our own terms and events, and compared figure by figure.

The peers' words stay here; the domain knows none of them.
"""
