"""Answers that stand nowhere but follow from values that do: sums, differences, ratios, comparisons, measures of
statements. Every value is looked up by itself and cited."""

import re
from collections.abc import Sequence
from decimal import Decimal, DivisionByZero, InvalidOperation
from typing import TypeAlias

from msgspec import Struct, structs

from answer.extractive.amounts import Amount, asked_places, asked_scale, brought_together, plain
from answer.extractive.lookup import Operand, beside, look_up
from answer.extractive.material import Material
from answer.extractive.measures import LOOK_UP, Measured, Node, measured
from answer.extractive.plan import Op, Plan, plan
from answer.extractive.question import Question, analyse
from answer.extractive.statements import line
from answer.extractive.terms import stems

_SCALE_NAMES = {3: "thousand", 6: "million", 9: "billion", 12: "trillion"}
_RATIO_PLACES = 4
_RATIO_WORDS = frozenset(stems("ratio unadjusted adjusted total value amount margin % fiscal year report company"))
_BESIDE = 2
"""Words that a question about a firm's own measure may have beside it: the firm's name, in small letters."""

_PERCENT = re.compile(r"\bper ?cent|%", re.I)
_UNIT = re.compile(r", in (?P<unit>[a-zA-Z][a-zA-Z ]{1,30})\?*$")


class Reckoned(Struct, frozen=True):
    """An answer worked out: from which values, `how`, and the `bearing`, what about a question it rests on ("measure" or
    an operation's name)."""

    answer: str
    operands: tuple[Operand, ...]
    how: str
    bearing: str


def reckon(text: str, material: Material) -> Reckoned | None:
    """The answer to a question that has to be worked out; None where it has not, or a value is not found."""
    planned = plan(text)
    if planned is not None:
        return _carry_out(text, planned, material)
    return _statement(text, material)


def _carry_out(text: str, planned: Plan, material: Material) -> Reckoned | None:
    sought = [look_up(question, material) for question in planned.questions]
    anchors = [operand for operand in sought if operand is not None]
    operands = [o or beside(name, anchors, material) for name, o in zip(planned.names, sought, strict=True)]
    return _answer(text, planned, [operand for operand in operands if operand is not None])


def _answer(text: str, planned: Plan, operands: Sequence[Operand]) -> Reckoned | None:
    if len(operands) < len(planned.names):
        return None
    if len({operand.amount.percent for operand in operands}) > 1 or _same_place(operands):
        return None
    amounts = brought_together([operand.amount for operand in operands])
    operands = [structs.replace(o, amount=one) for o, one in zip(operands, amounts, strict=True)]
    told = ", ".join(f"{name}: {plain(o.amount.value)}" for name, o in zip(planned.names, operands, strict=True))
    named = planned.op in (Op.HIGHEST, Op.LOWEST)
    answer = _placed(planned, operands) if named else _number(text, planned.op, operands)
    return Reckoned(answer, tuple(operands), f"{planned.op.value} of {told}", planned.op.value) if answer else None


def _same_place(operands: Sequence[Operand]) -> bool:
    """Whether two of the values are one: then the question's things were not told apart."""
    return len({(o.candidate.document, o.candidate.page, o.candidate.words) for o in operands}) < len(operands)


def _placed(planned: Plan, operands: Sequence[Operand]) -> str:
    order = sorted(zip(planned.names, operands, strict=True), key=lambda pair: pair[1].amount.whole)
    if planned.op is Op.HIGHEST:
        order = order[::-1]
    return order[planned.place - 1][0] if planned.place <= len(order) else ""


def _number(text: str, op: Op, operands: Sequence[Operand]) -> str:
    values = [operand.amount.whole for operand in operands]
    match op:
        case Op.SUM:
            value = sum(values, Decimal(0))
        case Op.DIFFERENCE:
            value = max(values) - min(values)
        case Op.AVERAGE:
            value = sum(values, Decimal(0)) / len(values)
        case Op.ROSE | Op.FELL:
            rose = values[1] > values[0]
            return "Yes" if values[0] != values[1] and rose == (op is Op.ROSE) else "No"
        case _:
            # A change of nothing is asked for by nobody: the two times were not told apart.
            if not values[0] or values[0] == values[1]:
                return ""
            change = 100 * abs(values[1] - values[0]) / abs(values[0])
            return f"{plain(change, asked_places(text) if asked_places(text) is not None else 2)}%"
    return _written(text, value, operands)


def _written(text: str, value: Decimal, operands: Sequence[Operand]) -> str:
    """In the scale asked for, else that of the values; with their sign of a percentage, and the unit that the question
    ends in."""
    scales = {operand.amount.scale for operand in operands}
    wanted = asked_scale(text)
    scale = wanted if wanted is not None and any(scales) else (scales.pop() if len(scales) == 1 else 0)
    shown = plain(value.scaleb(-scale), asked_places(text))
    if all(operand.amount.percent for operand in operands):
        return f"{shown}%"
    unit = _UNIT.search(text)
    units = {operand.candidate.crossing.unit if operand.candidate.crossing else "" for operand in operands}
    if wanted is None and len(units) == 1 and "" not in units:
        return f"{shown} ({units.pop()})"
    if scale:
        return f"{shown} ({_SCALE_NAMES.get(scale, '')}s)"
    return f"{shown} {unit['unit']}" if unit else shown


def _statement(text: str, material: Material) -> Reckoned | None:
    """A measure of financial statements."""
    bare = _bare(text)
    asked, question = measured(bare), analyse(text)
    if asked is None or len(question.years) > 1 or _more(bare, asked, question):
        return None
    operands: list[Operand] = []
    lines = _Lines(question.years[0] if question.years else None, material, operands)
    tree = lines.found(asked.node)
    if tree is None:
        return None
    amounts = brought_together([operand.amount for operand in operands])
    operands = [structs.replace(o, amount=amount) for o, amount in zip(operands, amounts, strict=True)]
    try:
        value = _value(tree, amounts)
    except (DivisionByZero, InvalidOperation):
        return None
    told = "; ".join(operand.candidate.text for operand in operands)
    if len(operands) == 1 and operands[0].candidate.value and asked_scale(text) is None:
        return Reckoned(operands[0].candidate.value, tuple(operands), f"{asked.name} from {told}", "line")
    bearing = "measure" if len(operands) > 1 else "line"
    return Reckoned(_told(text, asked, value, operands), tuple(operands), f"{asked.name} from {told}", bearing)


def _bare(text: str) -> str:
    """The first sentence: what follows says how to answer."""
    return re.split(r"\?\s*|(?<=[a-z\d])\.\s", text.strip())[0]


def _more(bare: str, asked: Measured, question: Question) -> bool:
    """Whether the question says more than the measure, a year and whose it is: then the whole firm's is not asked for."""
    told = {*stems(asked.name), *question.years, *(f"fy{year}" for year in question.years), *_RATIO_WORDS}
    names = {term for name in question.names for term in name}
    return (
        len([term for term in stems(bare) if term not in told and term not in names and not term.isdigit()]) > _BESIDE
    )


def _told(text: str, asked: Measured, value: Decimal, operands: Sequence[Operand]) -> str:
    if not asked.ratio:
        return _written(text, value, operands)
    places = asked_places(text)
    if _PERCENT.search(text):
        return f"{plain(100 * value, places if places is not None else 2)}%"
    return plain(value, places if places is not None else _RATIO_PLACES)


Tree: TypeAlias = "int | tuple[Tree, str, Tree]"
"""A measure with the places of its lines among the operands."""


class _Lines(Struct):
    """Looks the lines of a measure up, of one year."""

    year: str | None
    material: Material
    operands: list[Operand]

    def found(self, node: Node) -> "Tree | None":
        """The node with its lines found; None where one is missing."""
        if isinstance(node, str):
            operand = self._line(node)
            if operand is None:
                return None
            self.operands.append(operand)
            return len(self.operands) - 1
        held = len(self.operands)
        left = self.found(node[0])
        if node[1] == "else" and (left is not None or self._undone(held)):
            return left if left is not None else self.found(node[2])
        right = self.found(node[2]) if left is not None else None
        if node[1] == "and" and left is not None:
            return left if right is None else (left, "+", right)
        return (left, node[1], right) if left is not None and right is not None else None

    def _undone(self, held: int) -> bool:
        del self.operands[held:]
        return True

    def _line(self, name: str) -> Operand | None:
        if name.startswith(LOOK_UP):
            return look_up(f"What was the amount of {name[len(LOOK_UP) :]} in {self.year or ''}?", self.material)
        return line(name, self.year, self.material)


def _value(tree: Tree, amounts: Sequence[Amount]) -> Decimal:
    if isinstance(tree, int):
        return amounts[tree].whole
    left, right = _value(tree[0], amounts), _value(tree[2], amounts)
    match tree[1]:
        case "+":
            return left + right
        case "-":
            return left - right
        case _:
            return left / right
