"""Settings, urls, wsgi and the command line."""
