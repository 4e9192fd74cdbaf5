"""The shaped index as a process of its own: `python -m tests.support.serve` prints where it is, as JSON.

It ends when its standard input does. For benchmarks, where server and client must not share an interpreter.
"""

from __future__ import annotations

import argparse
import json
import sys

from tests.support.local_index import LocalIndex
from tests.support.shaped import pytorch_and_default, sixty


def main() -> None:
    """Serve until nobody listens."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weight", type=int, default=0, help="bytes that each torch wheel has besides")
    parser.add_argument("--real-hosts", action="store_true", help="link to download-r2.pytorch.org")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before each answer")
    parser.add_argument(
        "--no-signs", action="store_true", help="pages without ETag, as many mirrors have them"
    )
    asked = parser.parse_args()
    with LocalIndex() as web:
        shaped = pytorch_and_default(web, weight=asked.weight, real_hosts=asked.real_hosts)
        small = sixty(web)
        if asked.no_signs:
            web.without_signs()
        if asked.latency:
            web.fault("*", "wait", seconds=asked.latency)
        where = {
            "url": web.url,
            "torch": shaped.torch,
            "default": shaped.default,
            "mirrors": dict(shaped.mirrors),
            "sixty": {"index": small.index, "roots": small.roots},
        }
        print(json.dumps(where), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
