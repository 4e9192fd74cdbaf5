"""What a holder writes into its lock, and what others make of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envplan.store.holding import Holder, read_signature, signature


@given(st.integers(1, 2**31), st.sampled_from(["", "apply", "cache gc"]))
def test_who_signs_is_read_again(pid: int, command: str) -> None:
    assert read_signature(signature(pid, [command] if command else [])) == Holder(pid, command)


@pytest.mark.parametrize(
    "data", [b"", b"apply", b"\xff\xfe", b'{"pid": 7}', b"-7 apply", "\u0663 x".encode()]
)
def test_what_is_no_signature_names_nobody(data: bytes) -> None:
    assert read_signature(data) == Holder()


@given(st.binary(max_size=300))
def test_any_bytes_can_be_said(data: bytes) -> None:
    assert read_signature(data).said.isprintable()


def test_who_is_known_is_named_with_what_it_does() -> None:
    assert Holder(7, "apply").said == "busy, held by pid 7 (envplan apply)"
    assert Holder(7).said == "busy, held by pid 7"
    assert Holder().said == "busy, held by another process"
    assert Holder(7).cures == ("ps -fp 7",)
