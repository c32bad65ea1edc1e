"""Readers of papers: text layer and signature of a PDF, words in a picture. They run nothing that a file carries."""
