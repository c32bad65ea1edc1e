"""Payment rails. Which one this deployment talks to is named in its settings (`GATEWAYS["rail"]`), by dotted name."""
