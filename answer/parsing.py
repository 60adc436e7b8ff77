"""A reader's text as the type that was asked for: JSON where it is JSON, else text under headings. Nothing that is
empty is passed on: what is missing is said, so that the reader can be asked once more."""

import json
import re
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from answer.errors import MalformedReply
from answer.headed import headed_reply, headed_ruling
from answer.reply import ChainReply, Quote, Ruling, StatedClaim

T = TypeVar("T", bound=Struct)

_THOUGHT = re.compile(r"^\s*<think>.*?</think>", re.DOTALL)
"""What reasoning models print before their reply."""


def parse_reply(text: str) -> ChainReply:
    """The reply of a chain; raises `MalformedReply` saying where it departs from what was asked for."""
    reply = _decoded(text, ChainReply)
    return _whole(headed_reply(_without_thought(text)) if reply is None else reply)


def parse_ruling(text: str) -> Ruling:
    """The reply of an adjudication; raises `MalformedReply` saying where it departs from what was asked for."""
    ruling = _decoded(text, Ruling)
    ruling = headed_ruling(_without_thought(text)) if ruling is None else ruling
    if ruling.answer is not None and not ruling.answer.strip():
        raise MalformedReply("The reader's reply has an empty answer; an answer or null was asked for.")
    _check_claims(ruling.claims)
    return ruling


def _without_thought(text: str) -> str:
    return _THOUGHT.sub("", text).strip()


def _decoded(text: str, form: type[T]) -> T | None:
    """The first JSON object in the text (there may be a fence or a sentence around it); None where there is none."""
    plain = _without_thought(text)
    begin = plain.find("{")
    # An object further inside a text with headings is a quotation of the page.
    if begin < 0 or re.search(r"^\s*#{1,6}\s", plain[:begin], re.MULTILINE):
        return None
    try:
        found, _ = json.JSONDecoder().raw_decode(plain, begin)
        return msgspec.convert(_without_nulls(found), form)
    except json.JSONDecodeError as error:
        raise MalformedReply(f"The reader's reply is not valid JSON: {error}. It begins: {text[:80]!r}") from error
    except (msgspec.ValidationError, RecursionError) as error:
        raise MalformedReply(
            f"The reader's reply is not in the form asked for: {error}. It begins: {text[:80]!r}"
        ) from error


def _without_nulls(value: Any) -> Any:
    """The value without keys whose value is null: models write it where a list or text is left out."""
    if isinstance(value, dict):
        return {key: _without_nulls(part) for key, part in value.items() if part is not None}
    return [_without_nulls(part) for part in value if part is not None] if isinstance(value, list) else value


def _whole(reply: ChainReply) -> ChainReply:
    if reply.answer is not None and not reply.answer.strip():
        raise MalformedReply(
            "The reader's reply has an empty answer; an answer or a refusal with its reason was asked for."
        )
    if reply.answer is None:
        if not (reply.refusal or "").strip():
            raise MalformedReply("The reader's reply has neither an answer nor the reason of a refusal.")
        return reply
    _check_claims(reply.claims)
    if reply.claims:
        return reply
    if not reply.evidence:
        raise MalformedReply("The reader's reply has an answer, but no claim with a quote and no evidence for it.")
    quotes = tuple(Quote(item.evidence, item.words) for item in reply.evidence)
    return msgspec.structs.replace(reply, claims=(StatedClaim(reply.answer, quotes),))


def _check_claims(claims: tuple[StatedClaim, ...]) -> None:
    if any(not claim.text.strip() for claim in claims):
        raise MalformedReply("The reader's reply has a claim without text.")
