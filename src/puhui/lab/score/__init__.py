"""Scoring of a file with a trained model: `puhui lab score`.

Terms: a model is a folder that `puhui lab train` wrote (scorecard, challenger, manifest, signature). The file is read in
chunks, so its size does not matter; the arithmetic is the decision's own integers, many rows at once. Needs the extra
`train` (numpy, pyarrow), not LightGBM.

Invariants: rows keep their order; the figures are those of `decisions.domain` row by row; a column that is missing, of
another type or all empty is an error that names it, never a score; the output appears whole or not at all.
"""
