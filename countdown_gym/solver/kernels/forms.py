"""The compiled listing of normal forms: every distinct solution formed once, and none twice.

A normal form is a number, a sum of at least two terms that are no sums, or a product of at least
two factors that are no products (see `countdown_gym.expressions.normal_form`). So the forms over a
bag of numbers are: for each partition of the bag into parts, one form over each part, each with
one of two roles, added or subtracted, above or below the fraction bar. Equal parts take their
forms and roles in ascending order. No two choices make the same form, so counting them is exact:
nothing is hashed and nothing is compared.

Values are kept without their sign, and each form says which signs can be written:

* `RIGID`: this one only. Numbers, sums of rigid terms all added, products of rigid factors.
* `FLEXIBLE`: both, by turning a subtraction round; of a form and its opposite one is listed.
* `NULL`: it is its own opposite, such as x - x, and worth 0.

A sum cannot subtract all its terms, but for a flexible or null term that is no restriction: its
opposite is added. Where no result is negative, a form that is not worth 0 has one sign.

Whether the operations of a form can be carried out in some order so that the rules admit every
result is decided by the results of its sums and products alone: add first and subtract then,
multiply first and divide then, and every result between lies on the side of the final one, or is
its multiple. `countdown_gym.solver.encoding` proves that nothing overflows.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from countdown_gym.solver.kernels.compiling import kernel, part
from countdown_gym.solver.kernels.pairs import Ints

RIGID, FLEXIBLE, NULL = 0, 1, 2

_NO_FORM = -1
_ROOM = 8_192
_GOALS = 4
_PARTS = 6
_WIDTH = (
    _PARTS + 1
)  # of an origin: twice the row, plus 1 for a product; then a choice for each part


class Kind(NamedTuple):
    """Rules as numbers."""

    integral: bool
    oriented: bool  # no result is negative
    least: int  # the smallest result, where integral and oriented


class Forms(NamedTuple):
    """What has been listed: forms end to end, first all numbers."""

    nums: Ints  # (forms,)
    dens: Ints  # (forms,) positive
    signs: Ints  # (forms,) RIGID, FLEXIBLE or NULL
    origins: Ints  # (forms or 1, 7)
    starts: Ints  # (2 * bags,) of the sums and products of each bag, by 2 * bag + 1 for products
    stops: Ints  # (2 * bags,)


class Desk(NamedTuple):
    """What the listing works with."""

    choices: Ints  # (6,) of each part: twice the form, plus 1 if subtracted or below
    nums: Ints  # (6,) made before the choice for each part
    dens: Ints  # (6,)
    wanted: Ints  # (4,)
    counts: Ints  # (3,) by signs, of forms that make the target


class Search(NamedTuple):
    """What is asked."""

    tn: int  # the target, without its sign
    td: int
    counted: bool  # whether forms over this bag count
    listed: bool  # whether they are kept
    selective: bool  # whether only those that make a goal are
    traced: bool  # whether origins are written


class Goals(NamedTuple):
    """Values of which one is wanted; the same may stand there twice."""

    nums: Ints  # (4,) not negative
    dens: Ints  # (4,) positive


@part
def _list_of(parts: Ints, at: int, is_product: int) -> int:
    """Return which list a part is taken from: sums have no sums as terms, nor products products."""
    return int(2 * parts[at] + 1 - is_product)


@part
def _sum_signs(kind: Kind, forms: Forms, parts: Ints, choices: Ints, total: int) -> int:
    """Return the signs of a sum that is not negative, `_NO_FORM` if its opposite stands for it."""
    if kind.oriented and total > 0:
        return RIGID
    added, subtracted = True, True
    for at in range(parts.size):
        rigid = forms.signs[choices[at] >> 1] == RIGID
        added &= rigid and choices[at] & 1 == 0
        subtracted &= rigid and choices[at] & 1 == 1
    if added:
        return RIGID
    if total > 0:
        return FLEXIBLE
    if subtracted:
        return _NO_FORM
    surplus = 0  # of added over subtracted occurrences of one term
    for at in range(parts.size):
        form = choices[at] >> 1
        if at > 0 and form != choices[at - 1] >> 1 and surplus != 0:
            break
        if forms.signs[form] != NULL:
            surplus += 1 - 2 * (choices[at] & 1)
    if surplus == 0:
        return NULL
    return FLEXIBLE if surplus > 0 else _NO_FORM


@part
def _product_signs(kind: Kind, forms: Forms, parts: Ints, choices: Ints, above: int) -> int:
    """Return the signs of a product."""
    if kind.oriented and above > 0:
        return RIGID
    most = RIGID
    for at in range(parts.size):
        most = max(most, forms.signs[choices[at] >> 1])
    return most


@part
def _start(forms: Forms, parts: Ints, choices: Ints, at: int, is_product: int) -> int:
    """Return the first choice for a part: of equal parts, none before that of the last."""
    if at > 0 and parts[at] == parts[at - 1]:
        return int(choices[at - 1])
    return int(2 * forms.starts[_list_of(parts, at, is_product)])


@part
def _joined(
    forms: Forms, choice: int, num: int, den: int, is_product: int
) -> tuple[int, int, bool]:
    """Return num / den with one more term or factor, and whether that exists."""
    n, d = forms.nums[choice >> 1], forms.dens[choice >> 1]
    inverse = choice & 1
    if is_product:
        if inverse:
            return num * d, den * n, n != 0
        return num * n, den * d, True
    if inverse:
        return num * d - n * den, den * d, forms.signs[choice >> 1] != NULL
    return num * d + n * den, den * d, True


@part
def _is_form(kind: Kind, num: int, den: int, is_product: int) -> bool:
    """Whether the rules admit num / den; opposites of what is listed are not."""
    if num < 0 or (kind.integral and kind.oriented and num < kind.least * den):
        return False
    return not (is_product and kind.integral) or num % den == 0


@part
def _signs(kind: Kind, forms: Forms, parts: Ints, choices: Ints, num: int, is_product: int) -> int:
    """Return the signs of a form worth num / den, `_NO_FORM` if it is not one or listed already."""
    if not is_product:
        return _sum_signs(kind, forms, parts, choices, num)
    for at in range(parts.size):
        if choices[at] & 1 == 0:
            return _product_signs(kind, forms, parts, choices, num)
    return _NO_FORM  # nothing above the fraction bar


@part
def _is_wanted(goals: Goals, num: int, den: int) -> bool:
    """Whether num / den is one of the goals."""
    found = False
    for i in range(_GOALS):
        found |= num * goals.dens[i] == goals.nums[i] * den
    return found


@part
def _next_sum(
    forms: Forms, goals: Goals, num: int, den: int, form: int, stop: int, wanted: Ints
) -> int:
    """Return the first form from `form` on that is num / den short of a goal, or beyond it."""
    nums, dens = forms.nums, forms.dens
    for i in range(_GOALS):
        wanted[i] = abs(goals.nums[i] * den - num * goals.dens[i])
    a, b, c, d = wanted[0], wanted[1], wanted[2], wanted[3]
    e, f, g, h = goals.dens[0] * den, goals.dens[1] * den, goals.dens[2] * den, goals.dens[3] * den
    while form < stop:
        n, over = nums[form], dens[form]
        if (n * e == a * over) | (n * f == b * over) | (n * g == c * over) | (n * h == d * over):
            break
        form += 1
    return form


@part
def _next_product(forms: Forms, goals: Goals, num: int, den: int, form: int, stop: int) -> int:
    """Return the first form from `form` on that takes num / den to a goal."""
    while form < stop:
        n, d = forms.nums[form], forms.dens[form]
        found = False
        for i in range(_GOALS):
            above, below = num * goals.dens[i], den * goals.nums[i]
            found |= (above * n == below * d) | (above * d == below * n)
        if found:
            break
        form += 1
    return form


@part
def _set_goals(
    goals: Goals, tn: int, td: int, an: int, ad: int, is_product: int, ends_here: bool
) -> None:
    """Set what is wanted of all numbers but a: t, and what a and one operation take to t.

    Without signs, as forms are. Where only whole boards count, t itself is not wanted.
    """
    if is_product:  # which is to be a term beside a
        goals.nums[0], goals.dens[0] = abs(tn * ad - an * td), td * ad
        goals.nums[1], goals.dens[1] = tn * ad + an * td, td * ad
        goals.nums[2], goals.dens[2] = goals.nums[1], goals.dens[1]
    else:  # a factor beside a
        goals.nums[0], goals.dens[0] = tn * an, td * ad
        goals.nums[1], goals.dens[1] = tn * ad, td * an
        goals.nums[2], goals.dens[2] = an * td, ad * tn
    goals.nums[3], goals.dens[3] = goals.nums[0], goals.dens[0]
    if ends_here:
        goals.nums[3], goals.dens[3] = tn, td
    for i in range(_GOALS):
        if goals.nums[i] % goals.dens[i] == 0:
            goals.nums[i], goals.dens[i] = goals.nums[i] // goals.dens[i], 1


@part
def _add_positive(forms: Forms, num: int, roles: int, first: int, stop: int, end: int) -> int:
    """List num + v and num - v for each form v of the last part, where positive; return the end."""
    nums = forms.nums
    for form in range(first, stop):
        v = nums[form]
        nums[end] = num + v
        end += num + v > 0
        nums[end] = num - v
        end += (num - v > 0) & (roles == 2)
    return end


@part
def _multiply_positive(
    forms: Forms, num: int, den: int, divides: bool, first: int, stop: int, end: int
) -> int:
    """List num * v / den and num / den / v for each form v of the last part, where whole."""
    nums = forms.nums
    for form in range(first, stop):
        v = nums[form]
        if num * v == 0:
            continue
        if den == 1:
            nums[end] = num * v
            end += 1
        elif num * v % den == 0:
            nums[end] = num * v // den
            end += 1
        if divides and den * v <= num and num % (den * v) == 0:
            nums[end] = num // (den * v)
            end += 1
    return end


@part
def _list_positive(
    forms: Forms, desk: Desk, parts: Ints, is_product: int, roles: int, stop: int, end: int
) -> int:
    """List what the forms of the last part make, where results are positive and whole."""
    at = parts.size - 1
    first = desk.choices[at] >> 1
    if not is_product:
        return _add_positive(forms, desk.nums[at], roles, first, stop, end)
    divides = False
    for i in range(at):
        divides |= desk.choices[i] & 1 == 0
    divides &= roles == 2
    return _multiply_positive(forms, desk.nums[at], desk.dens[at], divides, first, stop, end)


@part
def _next_whole(forms: Forms, desk: Desk, goals: Goals, at: int, is_product: int, stop: int) -> int:
    """Return what `_next_wanted` does, among whole numbers and without 0 * anything = 0."""
    num, den, wanted, nums = desk.nums[at], desk.dens[at], desk.wanted, forms.nums
    for i in range(_GOALS):
        goal = goals.nums[i] * den
        if goals.dens[i] != 1:
            wanted[i] = -1
        elif is_product:
            most, least = max(num, goal), min(num, goal)
            wanted[i] = most // least if least > 0 and most % least == 0 else -1
        else:
            wanted[i] = abs(goal - num)
    a, b, c, d = wanted[0], wanted[1], wanted[2], wanted[3]
    form = int(desk.choices[at] >> 1)
    while form < stop:
        n = nums[form]
        if (n == a) | (n == b) | (n == c) | (n == d):
            break
        form += 1
    return form


@part
def _next_wanted(
    kind: Kind, forms: Forms, desk: Desk, goals: Goals, at: int, is_product: int, stop: int
) -> int:
    """Return the first form for the last part, from the current one on, that makes a goal."""
    zero = False
    for i in range(_GOALS):
        zero |= goals.nums[i] == 0
    if kind.integral and not (is_product and zero):
        return _next_whole(forms, desk, goals, at, is_product, stop)
    form = desk.choices[at] >> 1
    if is_product:
        return _next_product(forms, goals, desk.nums[at], desk.dens[at], form, stop)
    return _next_sum(forms, goals, desk.nums[at], desk.dens[at], form, stop, desk.wanted)


@part
def _keep(  # noqa: PLR0913, PLR0917 - parts take what the kernel owns
    kind: Kind,
    search: Search,
    forms: Forms,
    desk: Desk,
    origin: int,
    parts: Ints,
    made: int,
    over: int,
    end: int,
) -> int:
    """Keep and count a choice for every part, if it is a form; return the end of the list."""
    is_product = origin & 1
    if not _is_form(kind, made, over, is_product):
        return end
    sign = _signs(kind, forms, parts, desk.choices, made, is_product)
    if sign == _NO_FORM:
        return end
    if kind.integral:
        made, over = made // over, 1
    if search.counted and made * search.td == search.tn * over:
        desk.counts[sign] += 1
    if not search.listed:
        return end
    forms.nums[end], forms.dens[end], forms.signs[end] = made, over, sign
    if search.traced:
        forms.origins[end, 0] = origin
        for at in range(parts.size):
            forms.origins[end, 1 + at] = desk.choices[at]
    return end + 1


@part
def _list_row(  # noqa: PLR0913, PLR0917 - parts take what the kernel owns
    kind: Kind,
    search: Search,
    forms: Forms,
    desk: Desk,
    goals: Goals,
    origin: int,
    parts: Ints,
    roles: int,
    end: int,
) -> int:
    """List the forms of one partition from position `end`; return the end."""
    is_product, last = origin & 1, parts.size - 1
    quick = kind.least == 1 and not search.traced and not search.selective
    desk.nums[0], desk.dens[0] = is_product, 1
    desk.choices[0] = 2 * forms.starts[_list_of(parts, 0, is_product)]
    final = forms.stops[_list_of(parts, last, is_product)]
    at = 0
    while at >= 0:
        if at == last and desk.choices[at] & 1 == 0:
            if search.selective:
                desk.choices[at] = 2 * _next_wanted(kind, forms, desk, goals, at, is_product, final)
            elif quick:
                start = end
                end = _list_positive(forms, desk, parts, is_product, roles, final, end)
                for form in range(start, end):
                    forms.dens[form], forms.signs[form] = 1, RIGID
                    desk.counts[RIGID] += search.counted and forms.nums[form] == search.tn
                desk.choices[at] = 2 * final
        choice = desk.choices[at]
        if choice >= 2 * forms.stops[_list_of(parts, at, is_product)]:
            at -= 1
            if at >= 0:
                desk.choices[at] += 3 - roles
            continue
        made, over, exists = _joined(forms, choice, desk.nums[at], desk.dens[at], is_product)
        if exists and at < last:
            at += 1
            desk.nums[at], desk.dens[at] = made, over
            desk.choices[at] = _start(forms, parts, desk.choices, at, is_product)
            continue
        if exists and (not search.selective or _is_wanted(goals, made, over)):
            end = _keep(kind, search, forms, desk, origin, parts, made, over, end)
        desk.choices[at] += 3 - roles
    return end


@part
def _list_rows(  # noqa: PLR0913, PLR0917 - parts take what the kernel owns
    kind: Kind,
    search: Search,
    forms: Forms,
    desk: Desk,
    goals: Goals,
    rows: Ints,
    first: int,
    stop: int,
    is_product: int,
    roles: int,
    end: int,
) -> int:
    """List the forms of some partitions from position `end`; return the end."""
    for row in range(first, stop):
        parts = rows[row, 2 : 2 + rows[row, 1]]
        end = _list_row(kind, search, forms, desk, goals, 2 * row + is_product, parts, roles, end)
    return end


@part
def _most_forms(starts: Ints, stops: Ints, rows: Ints, first: int, stop: int) -> int:
    """Return a bound on how many forms some partitions have."""
    most = 1  # more than that, because positions are written before they are kept
    for row in range(first, stop):
        sums, products = 1, 1
        for at in range(2, 2 + rows[row, 1]):
            part = 2 * rows[row, at]
            sums *= 2 * (stops[part + 1] - starts[part + 1])
            products *= 2 * (stops[part] - starts[part])
        most += sums + products
    return most


@kernel("int64[::1](int64[::1], int64, int64)", "longer")
def _longer(old: Ints, end: int, size: int) -> Ints:
    new = np.empty(size, np.int64)
    new[:end] = old[:end]
    return new


@kernel(
    "Tuple((int64[::1], int64[::1], int64[::1], int64[::1], int64[:, ::1]))(int64[::1],"
    " int64[::1], int64, int64, int64[:, ::1], int64[::1], int64[::1], boolean, boolean, int64,"
    " int64, int64, boolean, int64)",
    "list_forms",
)
def list_forms(  # noqa: C901, PLR0913, PLR0917 - kernels own all memory and take plain numbers
    num: Ints,  # (N,) the distinct numbers
    den: Ints,  # (N,) positive
    tn: int,  # not negative
    td: int,
    rows: Ints,  # (R, 8), see `countdown_gym.solver.partitions.Plan`
    row_starts: Ints,  # (bags + 1,)
    missing: Ints,  # (bags,)
    integral: bool,
    oriented: bool,
    least: int,
    sums: int,
    products: int,
    use_all: bool,
    most_found: int,
) -> tuple[Ints, Ints, Ints, Ints, Ints]:
    """Return how many forms there are of each sign that make a target, and how they are made.

    Args:
        num: Numerators of the distinct numbers.
        den: Their denominators.
        tn: The target's numerator, without its sign.
        td: The target's denominator.
        rows: The partitions of every bag.
        row_starts: Where those of each bag begin.
        missing: Which number each bag lacks, if it lacks one alone, else -1.
        integral: Whether every result is whole.
        oriented: Whether no result is negative.
        least: The smallest result.
        sums: 0 without sums, 1 with addition alone, 2 with subtraction too.
        products: 0 without products, 1 with multiplication alone, 2 with division too.
        use_all: Whether only forms over the whole board count.
        most_found: How many forms over the whole board make the target, or more; -1 to leave out
            these forms and all origins.

    Returns:
        (3,) counts by sign; numerators, denominators, signs and origins of the forms listed: of
        bags that lack one number, only those that may be of use.
    """
    bags, traced = row_starts.size - 1, most_found >= 0
    memory = np.zeros(64 + 4 * bags, np.int64)
    counts, choices = memory[:3], memory[4:10]
    desk = Desk(choices, memory[10:16], memory[16:22], memory[22:26], counts)
    goals = Goals(memory[26:30], memory[30:34])
    starts, stops = memory[64 : 64 + 2 * bags], memory[64 + 2 * bags :]
    nums, dens, signs = (
        np.empty(_ROOM, np.int64),
        np.empty(_ROOM, np.int64),
        np.empty(_ROOM, np.int64),
    )
    origins = np.empty((_ROOM if traced else 1, _WIDTH), np.int64)
    end = num.size
    for i in range(end):
        nums[i], dens[i], signs[i] = num[i], den[i], RIGID
        starts[2 * i], stops[2 * i], starts[2 * i + 1], stops[2 * i + 1] = i, i + 1, i, i + 1
        if (not use_all or bags == 1) and num[i] * td == tn * den[i]:
            counts[RIGID] += 1
    for bag in range(num.size, bags):
        whole, first, stop = bag == bags - 1, row_starts[bag], row_starts[bag + 1]
        room = end + max(most_found, 0) + 1
        if not whole:
            room = end + _most_forms(starts, stops, rows, first, stop)
        if room > nums.size:
            nums, dens = _longer(nums, end, 2 * room), _longer(dens, end, 2 * room)
            signs = _longer(signs, end, 2 * room)
            if traced:
                grown = np.empty((2 * room, _WIDTH), np.int64)
                grown[:end] = origins[:end]
                origins = grown
        forms = Forms(nums, dens, signs, origins, starts, stops)
        lacks = missing[bag]
        selective = whole or (lacks >= 0 and tn != 0 and num[lacks] != 0)
        search = Search(tn, td, whole or not use_all, not whole or traced, selective, traced)
        for is_product in range(2):
            if whole:
                goals.nums[:], goals.dens[:] = tn, td
            elif selective:
                _set_goals(goals, tn, td, num[lacks], den[lacks], is_product, not use_all)
            roles = products if is_product else sums
            starts[2 * bag + is_product] = end
            if roles > 0 and integral:  # separate code, without what fractions need
                end = _list_rows(
                    Kind(True, oriented, least),
                    search,
                    forms,
                    desk,
                    goals,
                    rows,
                    first,
                    stop,
                    is_product,
                    roles,
                    end,
                )
            elif roles > 0:
                end = _list_rows(
                    Kind(False, False, 0),
                    search,
                    forms,
                    desk,
                    goals,
                    rows,
                    first,
                    stop,
                    is_product,
                    roles,
                    end,
                )
            stops[2 * bag + is_product] = end
    return counts, nums[:end], dens[:end], signs[:end], origins[: end if traced else 1]
