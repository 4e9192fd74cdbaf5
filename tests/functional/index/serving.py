"""One wheel on one index, and what goes wrong with it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable

from envplan.index.indexes import Indexes
from envplan.index.web.patience import Patience
from envplan.problems import Problem
from tests.support.answers import problem_of
from tests.support.local_index import LocalIndex
from tests.support.wheels import metadata, wheel

QUICK = Patience(connect=1, first_byte=0.6, page=3, slowest=4000, window=0.5, pause=0.01, longest_pause=0.1)

Make = Callable[..., Indexes]


def serve(
    web: LocalIndex, name: str = "torch", *, size: int = 0, hashed: bool = True, sidecar: bool = False
) -> tuple[str, bytes]:
    """One wheel and its page in HTML."""
    filename, body = wheel(name, "2.2.0", requires=["filelock", "sympy>=1.0"], size=size)
    web.put(f"/files/{filename}", body)
    fragment = f"#sha256={hashlib.sha256(body).hexdigest()}" if hashed else ""
    beside = ""
    if sidecar:
        told = metadata(name, "2.2.0", ["filelock", "sympy>=1.0"])
        web.put(f"/files/{filename}.metadata", told)
        beside = f' data-core-metadata="sha256={hashlib.sha256(told).hexdigest()}"'
    link = f'<a href="../../files/{filename}{fragment}"{beside}>{filename}</a>'
    web.page(f"/simple/{name}/", f"<!DOCTYPE html><html><body>{link}</body></html>")
    return filename, body


def problem(ask: Callable[[], object]) -> Problem:
    found = problem_of(ask)
    assert found.exit == 3
    return found


def words(found: Problem) -> str:
    return json.dumps(found.as_json())
