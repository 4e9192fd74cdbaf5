"""The user's settings."""

from __future__ import annotations

from envplan.values.records import dataclass, field

DEFAULT = "default"  # stands for the default index
LONGEST = 3600  # seconds, of patience


@dataclass(frozen=True)
class Login:
    """A user's name and password; neither is ever shown."""

    user: str = field(repr=False)
    password: str = field(repr=False)
    origin: str = ""  # where it was found, such as ~/.netrc


@dataclass(frozen=True)
class Mirror:
    """Requests for everything under `prefix` go to `address` instead."""

    prefix: str  # "default", or an address without a slash at its end
    address: str  # without a slash at its end, without a login
    login: Login | None = None  # that stood in the address


@dataclass(frozen=True)
class Network:
    """How much patience this network asks for; none: as much as most do."""

    timeout: int | None = None  # seconds in which a server must begin to answer, and go on
    attempts: int | None = None


@dataclass(frozen=True)
class Settings:
    """Everything that may be set."""

    mirrors: tuple[Mirror, ...] = ()
    network: Network = Network()
