"""The reference pages, written from the code itself, so that they cannot say what the code does not do.

`python -m puhui.lab.docs` writes docs/reference/; `--check` only compares. A test fails while a page is stale.
"""
