"""Options that several commands share, and how their texts become values."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Annotated, Any, get_args, get_type_hints

import typer

from countdown_gym.errors import InvalidParameterError
from countdown_gym.expressions import Operator
from countdown_gym.families import FAMILIES, Family, family_maker, make_family
from countdown_gym.puzzles import Intermediates, Rules

FamilyName = Annotated[
    str, typer.Option("--family", help=f"How puzzles are drawn: {', '.join(FAMILIES)}.")
]
Parameters = Annotated[
    list[str] | None,
    typer.Option(
        "--param",
        metavar="NAME=VALUE",
        help="A parameter of the family, such as max_numbers=3; may be given several times.",
    ),
]
Numbers = Annotated[
    list[int], typer.Argument(metavar="NUMBERS", help="The board.", show_default=False)
]
Target = Annotated[
    int, typer.Argument(metavar="TARGET", help="The value to reach; if negative, write -- first.")
]
Subset = Annotated[
    bool, typer.Option("--subset", metavar="", help="Numbers may be left out, as on television.")
]
KeepOrder = Annotated[
    bool,
    typer.Option("--keep-order", metavar="", help="The numbers stay in the order of the board."),
]
Operators = Annotated[
    str, typer.Option("--operators", metavar="SIGNS", help="The operations that may be used.")
]
Results = Annotated[
    Intermediates, typer.Option("--intermediates", help="What an operation may result in.")
]

RulesName = Annotated[
    str | None,
    typer.Option(
        "--rules",
        metavar="FAMILY",
        help=f"The rules of a family ({', '.join(FAMILIES)}) instead of those below.",
    ),
]

ALL_OPERATORS = "".join(Operator)


def rules_of(
    *, subset: bool, keep_order: bool, operators: str, intermediates: Intermediates
) -> Rules:
    """Return the rules that options say.

    Raises:
        InvalidParameterError: If a sign stands for no operation or there is none.
    """
    for sign in operators:
        if sign not in set(Operator):
            raise InvalidParameterError(f"operators must be among + - * /, got {sign!r}")
    return Rules(
        operators=frozenset(Operator(sign) for sign in operators),
        use_all=not subset,
        keep_order=keep_order,
        intermediates=intermediates,
    )


def family_of(name: str, assignments: Sequence[str] | None) -> Family:
    """Return a family with parameters as they are written on the command line.

    Raises:
        UnknownNameError: If there is no family or no parameter of that name.
        InvalidParameterError: If an assignment is not `name=value`, a value is not of the
            parameter's type, or the values make no family.

    Example:
        >>> family_of("twenty_four", ["largest=10"]).largest
        10
    """
    types = get_type_hints(family_maker(name))
    return make_family(name, dict(_read(assignment, types) for assignment in assignments or ()))


def _read(assignment: str, types: Mapping[str, Any]) -> tuple[str, Any]:
    """Return the name and the value that an assignment gives."""
    name, equals, text = assignment.partition("=")
    if not (name and equals):
        raise InvalidParameterError(f"a parameter is written NAME=VALUE, got {assignment!r}")
    allowed = get_args(types.get(name)) or (types.get(name, object),)
    value: Any = text
    if str not in allowed:
        with suppress(ValueError):
            value = json.loads(text)
    if float in allowed and type(value) is int:
        value = float(value)
    if object not in allowed and type(value) not in allowed:
        kinds = " or ".join(_KINDS.get(kind, str(kind)) for kind in allowed)
        raise InvalidParameterError(f"{name} must be {kinds}, got {text!r}")
    return name, value


_KINDS: Mapping[Any, str] = {
    bool: "true or false",
    float: "a number",
    int: "a whole number",
    type(None): "null",
}
