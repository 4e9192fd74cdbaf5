"""The receipt of a generation as a document. It comes last: without it a generation is garbage."""

from __future__ import annotations

import json
import os
from pathlib import Path

from envplan.environment.model import Interpreter, Receipt
from envplan.machine.fingerprint import stamp

NAME = "envplan.json"
SCHEMA = 1


def encode(receipt: Receipt) -> bytes:
    """Write it, as schemas/receipt.schema.json describes it."""
    document = {"schema": SCHEMA, **vars(receipt), "interpreter": vars(receipt.interpreter)}
    document["startup"] = [{"package": package, "file": file} for package, file in receipt.startup]
    return (json.dumps(document, indent=1) + "\n").encode()


def decode(data: bytes) -> Receipt:
    """Read it; ValueError for anything else."""
    try:
        document = json.loads(data)
        if document.pop("schema") != SCHEMA:
            raise ValueError("a receipt of another version of envplan")
        return Receipt(
            **{
                **document,
                "groups": tuple(document["groups"]),
                "extras": tuple(document["extras"]),
                "interpreter": Interpreter(**document["interpreter"]),
                "packages": tuple(document["packages"]),
                "startup": tuple((one["package"], one["file"]) for one in document["startup"]),
            }
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("not a receipt") from error


def built_for(receipt: Receipt, pointer: Path) -> bool:
    """Whether the path that it was built for leads here: a project may have been moved, or copied."""
    if not receipt.pointer:
        return True  # an older receipt does not say
    there = Path(receipt.pointer)
    try:
        same = os.path.normcase(there.name) == os.path.normcase(pointer.name)
        return same and there.parent.samefile(pointer.parent)
    except (OSError, ValueError):
        return False


def same_python(stood_on: Interpreter) -> bool:
    """Whether the Python that an environment stands on is the file that it was, by a glance."""
    return stamp(stood_on.path) == stood_on.stamp and os.access(stood_on.path, os.X_OK)


def read_receipt(generation: Path) -> Receipt | None:
    """Read that of a generation; none where it is missing or damaged, and the generation worth nothing."""
    try:
        return decode((generation / NAME).read_bytes())
    except (OSError, ValueError):
        return None
