"""The receipt of a generation as a document. It comes last: without it a generation is garbage."""

from __future__ import annotations

import json
import os
from pathlib import Path

from envplan.environment.model import Interpreter, Receipt
from envplan.machine.fingerprint import stamp

NAME = "envplan.json"
SCHEMA = 1

_TEXTS = ("id", "lock", "spec", "machine", "why", "created", "pointer", "asked")
_SIZE = (int, type(None))


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
        receipt = Receipt(
            **{
                **document,
                "groups": tuple(document["groups"]),
                "extras": tuple(document["extras"]),
                "interpreter": Interpreter(**document["interpreter"]),
                "packages": tuple(document["packages"]),
                "startup": tuple((one["package"], one["file"]) for one in document["startup"]),
            }
        )
        if not _is_one(receipt):
            raise ValueError("not a receipt")
        return receipt
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("not a receipt") from error


def _is_one(receipt: Receipt) -> bool:
    """Whether everything in it is of the kind that it should be: somebody, or a disk, may have changed it."""
    stood_on = receipt.interpreter
    texts = [getattr(receipt, name) for name in _TEXTS] + [*vars(stood_on).values(), *receipt.groups]
    texts += [receipt.target[name] for name in ("variant", "platform", "python")]
    texts += receipt.unproven
    rows = all(
        isinstance(row["name"], str) and isinstance(row.get("size"), _SIZE) for row in receipt.packages
    )
    names = "\0" not in stood_on.path + receipt.pointer
    return rows and names and all(isinstance(text, str) for text in texts)


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
