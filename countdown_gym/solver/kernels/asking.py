"""How a question as Python holds it, a tuple and a number, is read by compiled code.

numba looks up the types of all arguments at every call, which takes longer than the answer, and
would read 1.5 or True as 1. The types here are read by compiled code alone, and nothing but an
exact `int` counts as a number: whatever else is asked reads as 0, and nothing is raised. Only who
hands over random bits that are none gets an exception.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import (
    NativeValue,
    make_attribute_wrapper,
    models,
    register_model,
    unbox,
)

_PLACES = "abcd"


class AskedNumber(types.Type):
    """A whole number; its `value` is 0 for what is none, and -1 for one beyond 64 bits."""

    def __init__(self) -> None:
        """There is one such type."""
        super().__init__("AskedNumber")


class AskedBoard(types.Type):
    """A tuple: its `count`, 0 for what is none, and up to four numbers `a`, `b`, `c` and `d`."""

    def __init__(self) -> None:
        """There is one such type."""
        super().__init__("AskedBoard")


class AskedBits(types.Type):
    """The capsule of a numpy bit generator; its `address` is that of the `bitgen_t` in it."""

    def __init__(self) -> None:
        """There is one such type."""
        super().__init__("AskedBits")


@register_model(AskedNumber)
class _NumberModel(models.StructModel):
    def __init__(self, manager: Any, asked: AskedNumber) -> None:  # noqa: ANN401 - numba's own
        super().__init__(manager, asked, [("value", types.int64)])  # type: ignore[no-untyped-call]


@register_model(AskedBoard)
class _BoardModel(models.StructModel):
    def __init__(self, manager: Any, asked: AskedBoard) -> None:  # noqa: ANN401 - numba's own
        fields = [(member, types.int64) for member in ("count", *_PLACES)]
        super().__init__(manager, asked, fields)  # type: ignore[no-untyped-call]


@register_model(AskedBits)
class _BitsModel(models.StructModel):
    def __init__(self, manager: Any, asked: AskedBits) -> None:  # noqa: ANN401 - numba's own
        super().__init__(manager, asked, [("address", types.int64)])  # type: ignore[no-untyped-call]


make_attribute_wrapper(AskedNumber, "value", "value")
make_attribute_wrapper(AskedBits, "address", "address")
for _member in ("count", *_PLACES):
    make_attribute_wrapper(AskedBoard, _member, _member)


@unbox(AskedNumber)  # type: ignore[untyped-decorator] # as numba has it
def _read_number(asked: AskedNumber, number: Any, code: Any) -> NativeValue:  # noqa: ANN401
    """Write the instructions that read a number."""
    read = cgutils.create_struct_proxy(asked)(code.context, code.builder)
    _read_whole(number, read, "value", code)
    return NativeValue(read._getvalue())  # noqa: SLF001 - as numba's own readers do


@unbox(AskedBoard)  # type: ignore[untyped-decorator] # as numba has it
def _read_board(asked: AskedBoard, board: Any, code: Any) -> NativeValue:  # noqa: ANN401
    """Write the instructions that read a board."""
    read = cgutils.create_struct_proxy(asked)(code.context, code.builder)
    with code.builder.if_then(_is_exactly("PyTuple_Type", board, code)):
        read.count = code.pyapi.tuple_size(board)
        for at, place in enumerate(_PLACES):
            there = code.builder.icmp_signed(">", read.count, _constant(at, code))
            with code.builder.if_then(there):
                _read_whole(code.pyapi.tuple_getitem(board, at), read, place, code)
    return NativeValue(read._getvalue())  # noqa: SLF001 - as above


@unbox(AskedBits)  # type: ignore[untyped-decorator] # as above
def _read_bits(asked: AskedBits, capsule: Any, code: Any) -> NativeValue:  # noqa: ANN401
    """Write the instructions that look into a capsule, and raise what Python raises if it is none.

    numpy has a quicker way to say an address only to those who ask the same generator twice.
    """
    text = ir.IntType(8).as_pointer()
    looked_up = ir.FunctionType(text, [capsule.type, text])
    look = cgutils.get_or_insert_function(code.builder.module, looked_up, "PyCapsule_GetPointer")
    name = code.context.insert_const_string(code.builder.module, "BitGenerator")
    found = code.builder.call(look, [capsule, name])
    read = cgutils.create_struct_proxy(asked)(code.context, code.builder)
    read.address = code.builder.ptrtoint(found, ir.IntType(64))
    return NativeValue(read._getvalue(), is_error=cgutils.is_null(code.builder, found))  # noqa: SLF001 - as above


def _read_whole(number: Any, read: Any, place: str, code: Any) -> None:  # noqa: ANN401
    """Write the instructions that read an exact `int`; what is not read stays 0."""
    with code.builder.if_then(_is_exactly("PyLong_Type", number, code)):
        value = code.pyapi.long_as_longlong(number)
        setattr(read, place, value)
        may_be_too_large = code.builder.icmp_signed("==", value, _constant(-1, code))
        with code.builder.if_then(may_be_too_large):
            code.pyapi.err_clear()


def _is_exactly(name: str, thing: Any, code: Any) -> Any:  # noqa: ANN401
    """Write the instructions that ask whether something is of the type that C calls `name`."""
    wanted = code.context.get_c_value(code.builder, thing.type.pointee, name)
    return code.builder.icmp_unsigned("==", code.pyapi.get_type(thing), wanted)


def _constant(number: int, code: Any) -> Any:  # noqa: ANN401
    return code.context.get_constant(types.int64, number)
