"""Papers that people could show, invented: genuine, wrong, forged, altered after signing, reused, photographed; and a
report on how well any such folder is read. Nobody in them exists.
"""
