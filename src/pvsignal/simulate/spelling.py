"""How reporters write drug names: the many spellings of one product.

The FDA validates most names; what it cannot is left as it was written, with dose, form,
substance in brackets, codes or slips of the pen. So the number of different names grows
with the number of rows.
"""

from __future__ import annotations

from collections.abc import Callable


def _parts(text: str) -> tuple[str, ...]:
    return tuple(text.split("|"))


_UNITS = _parts("MG|MG|MG|MCG|ML|%|IU|G")
_AMOUNTS = _parts(
    "10|5|20|100|50|25|40|500|1|2|200|250|0.5|300|400|75|30|15|80|150|1000|12.5|2.5|60|"
    "600|7.5|90|125|0.25|3"
)
_FORMS = _parts(
    "TABLET|TABLETS|CAPSULE|INJECTION|CREAM|EYE DROPS|ORAL|INFUSION|PATCH|SYRUP|GEL|"
    "OINTMENT|SPRAY|XR|CR|FORTE|PLUS|SOLUTION|POWDER|SUPPOSITORY"
)
_WORDS = _parts(
    "NOS|GENERIC|UNKNOWN MANUFACTURER|CONTINUING|DAILY|(CANADA)|UNSPECIFIED|OTC"
)


def verbatim(name: str, ingredient: str, draw: int) -> str:
    """A spelling of a product name, the same for the same draw.

    Parameters
    ----------
    name
        Product name.
    ingredient
        Its substance.
    draw
        Random number from 0 on; small ones give the frequent spellings.

    Examples
    --------
    >>> verbatim("ZOCOR", "SIMVASTATIN", 1)
    'ZOCOR (SIMVASTATIN)'
    >>> verbatim("ZOCOR", "SIMVASTATIN", 2 + len(PATTERNS))
    'ZOCOR 5 MG'
    """
    pattern = PATTERNS[draw % len(PATTERNS)]
    return pattern(name, ingredient, draw // len(PATTERNS))


def _plain(name: str, ingredient: str, draw: int) -> str:
    return name if draw % 3 else name.capitalize()


def _with_substance(name: str, ingredient: str, draw: int) -> str:
    return f"{name} ({ingredient})"


def _with_dose(name: str, ingredient: str, draw: int) -> str:
    return f"{name} {_dose(draw)}"


def _with_form(name: str, ingredient: str, draw: int) -> str:
    return f"{name} {_FORMS[draw % len(_FORMS)]}"


def _whole(name: str, ingredient: str, draw: int) -> str:
    form, rest = _FORMS[draw % len(_FORMS)], draw // len(_FORMS)
    return f"{name}({ingredient}) {form}, {_dose(rest)}"


def _with_code(name: str, ingredient: str, draw: int) -> str:
    """Number of a drug dictionary, as legacy reports have it behind the name."""
    number = (sum(map(ord, name)) * 7_919 + draw % 40) % 1_000_000
    return f"{name:<34} /{number:06}01/"


def _with_word(name: str, ingredient: str, draw: int) -> str:
    return f"{name} {_WORDS[draw % len(_WORDS)]}"


def _misspelt(name: str, ingredient: str, draw: int) -> str:
    """One letter left out, doubled or exchanged for the next one."""
    place = 1 + draw % max(len(name) - 2, 1)
    kind = draw // max(len(name) - 2, 1) % 3
    before, letter, after = name[:place], name[place : place + 1], name[place + 1 :]
    if kind == 0:
        return before + after
    if kind == 1:
        return before + letter * 2 + after
    return before + after[:1] + letter + after[1:]


def _dose(draw: int) -> str:
    amount = _AMOUNTS[draw % len(_AMOUNTS)]
    return f"{amount} {_UNITS[draw // len(_AMOUNTS) % len(_UNITS)]}"


PATTERNS: tuple[Callable[[str, str, int], str], ...] = (
    _plain,
    _with_substance,
    _with_dose,
    _misspelt,
    _plain,
    _with_form,
    _whole,
    _with_word,
    _plain,
    _with_code,
)
