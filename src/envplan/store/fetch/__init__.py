"""Fetching wheels: side by side, resumed where they were left, and handed out whole or not at all."""

from envplan.store.fetch.fetching import fetch

__all__ = ["fetch"]
