"""What every audience shares: formats, icons, refusals in words, typed input."""
