"""Reading what people write: TOML, with every problem named at its place, all at once."""

from envplan.documents.reading import Reading, nearest
from envplan.documents.table import Table

__all__ = ["Reading", "Table", "nearest"]
