"""envplan: one committed lockfile, any machine, the right GPU wheels, proven."""

__version__ = "0.1.0"
