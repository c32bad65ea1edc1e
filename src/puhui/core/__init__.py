"""Pure foundations without a stage's words: money, rates, day counts, calendars, periods, traces, refusals."""
