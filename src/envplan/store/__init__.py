"""The store: wheels fetched once, checked, unpacked, and kept by their sha256 for every environment."""
