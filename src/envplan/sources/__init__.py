"""Packages that no index serves: folders and files beside the spec, git repositories. No code runs."""
