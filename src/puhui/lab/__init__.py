"""Training, backtests, bench and the demo loader."""
