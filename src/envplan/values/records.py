"""Dataclasses whose methods are made when they are first needed.

`dataclasses` compiles six methods of each class while its module is imported: 0.37 ms a class (Python 3.11),
a third of what `envplan lock` took to start with its 150. Here a class is ready in 0.01 ms: `__init__` is
compiled when the first value is made, and the other methods are shared. Only what this house uses is here.
Type checkers take it for the standard library's (docs/decisions/0022-records.md).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataclasses import FrozenInstanceError, dataclass, field, fields, replace
else:
    import operator

    _MISSING = object()

    class FrozenInstanceError(AttributeError):
        """Somebody tried to change a value."""

    class Field:
        """One field; what `dataclasses.replace` and debuggers ask of it has the names they know."""

        __slots__ = ("compare", "default", "default_factory", "init", "name", "repr")
        _field_type = None

        def __init__(self, default, default_factory, init, compare, repr):
            self.name = ""
            self.default, self.default_factory = default, default_factory
            self.init, self.compare, self.repr = init, compare, repr

    def field(*, default=_MISSING, default_factory=_MISSING, init=True, compare=True, repr=True):
        """Say more of a field than its default."""
        return Field(default, default_factory, init, compare, repr)

    def dataclass(cls=None, /, *, frozen=False, order=False, eq=True):
        """Make a dataclass, as the standard library's decorator does."""
        return _made(cls, frozen, order, eq) if cls else lambda cls: _made(cls, frozen, order, eq)

    def fields(value):
        """List the fields of a dataclass."""
        return tuple(value.__dataclass_fields__.values())

    def replace(value, /, **changes):
        """Make the same value with other fields."""
        kept = {one.name: getattr(value, one.name) for one in fields(value) if one.init}
        return type(value)(**kept | changes)

    def _made(cls, frozen, order, eq):
        found = {}
        for base in cls.__mro__[:0:-1]:
            found |= getattr(base, "__dataclass_fields__", {})
        for name in cls.__annotations__:
            said = cls.__dict__.get(name, _MISSING)
            one = said if isinstance(said, Field) else Field(said, _MISSING, True, True, True)
            one.name = name
            found[name] = one
            if one is said:  # without a default there is no such attribute of the class
                delattr(cls, name)
                if one.default is not _MISSING:
                    setattr(cls, name, one.default)
        names = [name for name, one in found.items() if one.compare]
        compared = operator.attrgetter(*names) if names else _nothing
        methods = {"__init__": _lazily(cls, frozen), "__repr__": _repr}
        judges = ["eq"] * eq + ["lt", "le", "gt", "ge"] * order
        methods |= {f"__{judge}__": _comparing(compared, getattr(operator, judge)) for judge in judges}
        if eq:
            methods["__hash__"] = _hashing(compared) if frozen else None
        for name, method in methods.items():
            if name not in cls.__dict__ or (name == "__hash__" and cls.__dict__[name] is None):
                setattr(cls, name, method)
        if frozen:
            cls.__setattr__ = cls.__delattr__ = _refuse
        cls.__dataclass_fields__ = found
        cls.__match_args__ = tuple(name for name, one in found.items() if one.init)
        return cls

    def _lazily(cls, frozen):
        def first(self, *arguments, **named):
            made = _init(cls, frozen)
            cls.__init__ = made
            made(self, *arguments, **named)

        return first

    def _init(cls, frozen):
        found, known = fields(cls), {"_set": object.__setattr__, "_MISSING": _MISSING}
        taken, given = [], []
        for place, one in enumerate(found):
            if not one.init:
                continue
            value = one.name
            if one.default is not _MISSING:
                known[f"_{place}"] = one.default
                taken.append(f"{one.name}=_{place}")
            elif one.default_factory is not _MISSING:
                known[f"_{place}"] = one.default_factory
                taken.append(f"{one.name}=_MISSING")
                value = f"_{place}() if {one.name} is _MISSING else {one.name}"
            else:
                taken.append(one.name)
            given.append(f"{one.name!r}: {value}")
        lines = [f"def __init__({', '.join(['self', *taken])}):"]
        # One call, however many fields: to go through object.__setattr__ for each takes three times as long.
        body = f"{{{', '.join(given)}}}"
        lines.append(f"    _set(self, '__dict__', {body})" if frozen else f"    self.__dict__.update({body})")
        if hasattr(cls, "__post_init__"):
            lines.append("    self.__post_init__()")
        exec("\n".join(lines), known)  # noqa: S102 - of our own field names
        made = known["__init__"]
        made.__qualname__ = f"{cls.__qualname__}.__init__"
        return made

    def _nothing(value):
        return ()

    def _repr(self):
        shown = (f"{one.name}={getattr(self, one.name)!r}" for one in fields(self) if one.repr)
        return f"{type(self).__qualname__}({', '.join(shown)})"

    def _comparing(compared, judge):
        def compare(self, other):
            return judge(compared(self), compared(other)) if type(other) is type(self) else NotImplemented

        return compare

    def _hashing(compared):
        def digest(self):
            return hash(compared(self))

        return digest

    def _refuse(self, name, *_):
        raise FrozenInstanceError(f"{type(self).__name__}.{name} cannot be changed")


__all__ = ["FrozenInstanceError", "dataclass", "field", "fields", "replace"]
