"""Addresses are shown without what may be a password, also where they were written wrongly."""

from __future__ import annotations

import pytest

from envplan.documents.reading import without_secrets


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://me:s3cret@host.example/x", "https://***@host.example/x"),
        ("https://me:s3@cret@host.example/x", "https://***@host.example/x"),
        ("https://me:s3/cret@host.example/x", "https://***@host.example/x"),
        ("https://me:/s3cret@host.example/x", "https://***@host.example/x"),
        ("https://host.example/x?token=s3cret#part", "https://host.example/x?***#part"),
        ("no https://a:b@c.example and https://d:e@f.example", "no https://***@c.example and https://***@f.example"),
        ("https://host.example:8080/team/name@v1", "https://host.example:8080/team/name@v1"),
        ("https://host.example/team/name@v1", "https://host.example/team/name@v1"),
        ("me@host.example", "me@host.example"),
    ],
)  # fmt: skip
def test_a_login_and_a_query_are_blanked(text: str, shown: str) -> None:
    assert without_secrets(text) == shown
