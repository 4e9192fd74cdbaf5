"""What is known of a package that comes from beside the spec or from a repository, and how it is refused."""

from __future__ import annotations

from packaging.version import Version

from envplan.index.model import Metadata
from envplan.lockfile.model import Source
from envplan.problems import EnvplanError, Problem, Said
from envplan.spec.model import Requirement
from envplan.values.records import dataclass

MISSING = "EP360"
DOCUMENT = "EP361"
UNSTATED = "EP362"
ANOTHER = "EP363"
FILE = "EP364"
NO_GIT = "EP365"
REPOSITORY = "EP366"
REVISION = "EP367"

# A version that is made up when a package is built (from tags, from a file) cannot be known without a build.
# Solving needs one all the same. The lowest refuses what asks for more, so nothing seems newer than it is.
UNKNOWN_VERSION = Version("0.0.0")


@dataclass(frozen=True)
class Given:
    """One such package, as it is on this day."""

    metadata: Metadata
    source: Source
    versioned: bool = True  # false: metadata.version is UNKNOWN_VERSION, which no lock should hold


def refusal(
    code: str, title: str, requirement: Requirement, found: Said, why: str, *cures: str
) -> EnvplanError:
    """Say why one package cannot be taken from where it is."""
    wanted = Said(str(requirement), requirement.origin)
    return EnvplanError(Problem(code, title, (wanted,), (found,), (Said(why),) if why else (), cures))
