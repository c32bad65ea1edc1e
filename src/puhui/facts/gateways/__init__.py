"""Credit bureaus behind the protocol `puhui.facts.domain.Bureau`: a sandbox here, a provider's adapter beside it."""
