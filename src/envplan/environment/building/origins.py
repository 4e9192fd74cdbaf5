"""Where a package came from, as installers tell each other: direct_url.json."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from envplan.lockfile.model import GitSource, LocalSource


def of_folder(source: LocalSource, folder: Path) -> dict[str, Any]:
    """Say which folder it is, and whether it is only pointed to."""
    information = {"editable": True} if source.editable else {}
    return {"url": folder.absolute().as_uri(), "dir_info": information}


def of_repository(source: GitSource) -> dict[str, Any]:
    """Say which repository and commit it is, and which branch or tag was asked for."""
    information = {"vcs": "git", "commit_id": source.commit}
    if source.requested is not None:
        information["requested_revision"] = source.requested
    return {"url": source.url, "vcs_info": information}


def of_archive(file: Path, sha256: str) -> dict[str, Any]:
    """Say which file it is."""
    return {"url": file.absolute().as_uri(), "archive_info": {"hashes": {"sha256": sha256}}}
