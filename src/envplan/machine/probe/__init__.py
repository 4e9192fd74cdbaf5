"""Finding out what this computer can run: small rungs, each with a deadline, none of which can crash us."""

from envplan.machine.probe.host import Host
from envplan.machine.probe.survey import Survey, here, pretended, probe_machine, survey

__all__ = ["Host", "Survey", "here", "pretended", "probe_machine", "survey"]
