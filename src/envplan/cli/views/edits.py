"""What an edit of the spec did."""

from __future__ import annotations

from envplan.cli.answer import Answer
from envplan.documents.reading import printable
from envplan.spec.rendering import spec_json
from envplan.verbs.edit import Changed


def edit_answer(changed: Changed) -> Answer:
    """Say what was done, and to which file."""
    file = printable(str(changed.file))
    lines = [f"{file}: {line}" for line in changed.done] or [f"{file}: nothing to change"]
    data = {"file": str(changed.file), "changes": list(changed.done), "spec": spec_json(changed.spec)}
    return Answer(
        "edited" if changed.done else "unchanged", text="\n".join(lines), data=data, problems=changed.notes
    )
