"""The whole portfolio on a date: event shards in, figures out, by the loan engine's own source, compiled."""
