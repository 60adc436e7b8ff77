"""MMLongBench-Doc's scoring as released, bug for bug, but for one thing: nothing of a prediction is ever run.

The release evaluates lists as Python code. Here a list is read as literals and arithmetic on numbers; whatever else the
release would have run (names, calls, subscripts) is an error here, as most of it is there.
"""

import ast
import operator
from collections.abc import Callable

from eval.scoring.rules import anls, clean, is_number, same_number, wants_exact_match

FORMATS = ("Int", "Float", "Str", "List", "None")
"""Answer formats; anything unknown is scored as a list, as the release does."""


class OfficialScoringError(Exception):
    """The rules as released raise for this pair of gold and prediction: a whole run ended there."""


def official(gold: str, prediction: str, answer_format: str) -> float:
    """The score from 0 to 1 by the format of the GOLD answer. Raises `OfficialScoringError` where the release does."""
    match answer_format:
        case "Int":
            return float(_integers_agree(gold, prediction))
        case "Float":
            return float(_floats_agree(gold, prediction))
        case "Str" | "None":
            return _strings(clean(gold), clean(prediction))
    return _lists(_as_list(gold), _as_list(prediction))


def _integers_agree(gold: str, prediction: str) -> bool:
    """The prediction is cut to an integer (12.7 counts as 12). Where either is none, the two compare as "" and gold:
    a gold of "21%" can't be met, not even by itself."""
    try:
        return int(gold) == int(float(prediction))
    except (ValueError, OverflowError):
        return gold == ""


def _floats_agree(gold: str, prediction: str) -> bool:
    try:
        wanted = float(clean(gold))
    except ValueError:
        # The release strips the gold itself next, of % alone, and lets the error through.
        try:
            float(gold.strip().rstrip("%").strip())
        except ValueError as error:
            raise OfficialScoringError(f"The gold answer {gold!r} is no number.") from error
        return False
    try:
        given = float(clean(prediction))
    except ValueError:
        return False
    try:
        return same_number(wanted, given)
    except (ValueError, OverflowError):
        return False


def _strings(gold: str, prediction: str) -> float:
    return float(gold == prediction) if wants_exact_match(gold) else anls(gold, prediction)


def _lists(gold: list[object], prediction: list[object]) -> float:
    """0 unless as long; then cleaned and sorted as strings: all or nothing where the first gold item is a number or of
    an exact kind, else the WORST of the pairs in that order."""
    if len(gold) != len(prediction):
        return 0.0
    wanted, given = sorted(map(clean, gold)), sorted(map(clean, prediction))
    if not wanted:
        raise OfficialScoringError("The gold list is empty, and so is the prediction.")
    if is_number(wanted[0]) or wants_exact_match(wanted[0]):
        return float("-".join(wanted) == "-".join(given))
    return min(anls(one, other) for one, other in zip(wanted, given, strict=True))


def _as_list(text: str) -> list[object]:
    if not text.startswith("["):
        return [text]
    try:
        value = _value(ast.parse(text.strip(), mode="eval").body)
    except (SyntaxError, ValueError, TypeError, ArithmeticError, MemoryError, RecursionError) as error:
        raise OfficialScoringError(f"{text[:80]!r} is no Python list: {error}") from error
    return value if isinstance(value, list) else [value]


_ARITHMETIC: dict[type[ast.operator], Callable[..., object]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


def _value(node: ast.expr) -> object:
    """Literals, and sums, differences, products and quotients of numbers: `[2020-2021]` is the list of -1."""
    match node:
        case ast.List():
            return [_value(item) for item in node.elts]
        case ast.BinOp() if type(node.op) in _ARITHMETIC:
            left, right = _value(node.left), _value(node.right)
            if not (isinstance(left, int | float) and isinstance(right, int | float)):
                raise ValueError("arithmetic on what is no number")
            return _ARITHMETIC[type(node.op)](left, right)
    return ast.literal_eval(node)
