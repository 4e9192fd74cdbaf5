"""Packages that no index serves: folders and files beside the spec, git repositories. No code runs."""

from envplan.sources.asked import given
from envplan.sources.model import UNKNOWN_VERSION, Given

__all__ = ["UNKNOWN_VERSION", "Given", "given"]
