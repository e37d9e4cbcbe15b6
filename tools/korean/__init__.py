"""Lays the Korean text (ko/) over the English pages, and says what of it is stale or wrong."""
