"""Source archives of an index: taken where the spec allows them, pinned by hash, and told to be code."""

from __future__ import annotations

import hashlib

import pytest

from tests.functional.lock.conftest import Project, code_of
from tests.support.local_index import JSON, LocalIndex
from tests.support.pages import Upload, publish
from tests.support.wheels import sdist

SPEC = """\
[env]
python = "3.11"

[packages]
old-tool = "*"

[targets]
platforms = ["linux-x86_64"]

[options]
allow-sdist = ["old-tool"]
"""


def published(web: LocalIndex, metadata_version: str) -> bytes:
    """old-tool 1.0 as source code on the default index; newer metadata is sure what a build needs."""
    name, body = sdist("old-tool", "1.0", ["tqdm"], metadata_version=metadata_version)
    publish(web, "/simple", "old-tool", [Upload(name, body)], formats=[JSON], files="/packages")
    return body


def test_it_is_pinned_by_its_hash_with_what_it_needs_and_told_to_be_code(
    project: Project, web: LocalIndex
) -> None:
    body = published(web, "1.2")
    project.environ["ENVPLAN_PROFILE"] = "ci-linux"
    done = project.spec(SPEC).lock()
    assert done.returncode == 0, done.stderr
    tool = next(one for one in project.document["packages"] if one["name"] == "old-tool")
    assert tool["sdist"]["hashes"] == {"sha256": hashlib.sha256(body).hexdigest()}
    assert tool["dependencies"] == [{"name": "tqdm"}]
    assert "note[EP357] old-tool 1.0 is source code, which runs when it is installed" in done.stderr
    assert project.lock("--check").returncode == 0


@pytest.mark.parametrize(("metadata_version", "code"), [("1.2", "EP350"), ("2.2", "")])
def test_for_another_system_than_this_one_its_needs_must_be_certain(
    project: Project, web: LocalIndex, metadata_version: str, code: str
) -> None:
    published(web, metadata_version)
    project.environ["ENVPLAN_PROFILE"] = "apple-m4"
    done = project.spec(SPEC).lock()
    assert code_of(done) == code, done.stderr
    assert not code or f"metadata of version {metadata_version}" in " ".join(done.stderr.split())


def test_nobody_is_given_source_code_unasked(project: Project, web: LocalIndex) -> None:
    published(web, "2.2")
    done = project.spec(SPEC.replace('["old-tool"]', "[]")).lock()
    assert code_of(done) == "EP350"
    assert 'try     allow-sdist = ["old-tool"]' in done.stderr
