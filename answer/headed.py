"""Replies under headings, as models write them that can't be held to a schema. The headings are those of VisDoMRAG's
prompts (arXiv 2412.10704); text on the line of a heading counts, and what is missing is named, never taken as empty."""

import re
from collections.abc import Mapping

from answer.errors import MalformedReply
from answer.reply import ChainReply, Completeness, Curated, Quote, Ruling, Side, StatedClaim, Step

_NAMES = {
    "evidence": "evidence",
    "chain of thought": "steps",
    "reasoning": "steps",
    "steps": "steps",
    "claims": "claims",
    "answer": "answer",
    "final answer": "answer",
    "refusal": "refusal",
    "completeness": "completeness",
    "missing": "missing",
    "analysis": "analysis",
    "conclusion": "follow",
    "follow": "follow",
}
_TITLE = "|".join(sorted(map(re.escape, _NAMES), key=len, reverse=True))
_HEADING = re.compile(
    rf"^[ \t]*(?:\#{{1,6}}[ \t]*\**(?P<hashed>{_TITLE})\**[ \t]*:?\**|\*\*(?P<bold>{_TITLE}):?\*\*:?)[ \t]*(?P<rest>.*)$",
    re.IGNORECASE | re.MULTILINE,
)
_BULLET = re.compile(r"^\s*(?:[-*•]|\(?\d{1,2}[.)])\s+", re.MULTILINE)
_ID = r"\[(?P<id>[^\[\]\n]{1,120})\]"
_QUOTE = re.compile(rf"{_ID}\s*:?\s*(?:[\"“](?P<words>.*?)[\"”](?=\s|$|[.,;)(\[]))?", re.DOTALL)
_KIND = re.compile(r"\(\s*(text|table|chart|figure|diagram|photo|image)\s*\)", re.IGNORECASE)


def sections(text: str) -> dict[str, str]:
    """The text under each known heading, by what it holds; a heading that comes twice counts the last time."""
    found = list(_HEADING.finditer(text))
    parts: dict[str, str] = {}
    for place, heading in enumerate(found):
        end = found[place + 1].start() if place + 1 < len(found) else len(text)
        name = _NAMES[(heading["hashed"] or heading["bold"]).casefold()]
        parts[name] = (heading["rest"] + text[heading.end() : end]).strip()
    return parts


def headed_reply(text: str) -> ChainReply:
    """A chain's reply; raises `MalformedReply` naming the sections that are missing."""
    parts = sections(text)
    _require(parts, text, ("evidence", "answer or refusal"))
    evidence = tuple(_curated(entry) for entry in _entries(parts.get("evidence", "")) if _QUOTE.search(entry))
    return ChainReply(
        evidence=evidence,
        steps=tuple(_step(entry) for entry in _entries(parts.get("steps", ""))),
        claims=_claims(parts),
        answer=parts.get("answer") or None,
        refusal=parts.get("refusal") or None,
        completeness=_completeness(parts),
        missing=_entries(parts.get("missing", "")),
    )


def headed_ruling(text: str) -> Ruling:
    """An adjudication; raises `MalformedReply` naming the sections that are missing."""
    parts = sections(text)
    _require(parts, text, ("analysis", "follow", "answer or refusal"))
    told = re.search(r"|".join(side.value for side in Side), parts["follow"].casefold())
    if told is None:
        raise MalformedReply(
            f"The conclusion names none of {', '.join(side.value for side in Side)}: {parts['follow'][:80]!r}"
        )
    return Ruling(
        analysis=parts["analysis"],
        follow=Side(told[0]),
        claims=_claims(parts),
        answer=parts.get("answer") or None,
        refusal=parts.get("refusal") or None,
        completeness=_completeness(parts),
        missing=_entries(parts.get("missing", "")),
    )


def _require(parts: Mapping[str, str], text: str, wanted: tuple[str, ...]) -> None:
    missing = [want for want in wanted if not any(parts.get(name) for name in want.split(" or "))]
    if missing:
        found = ", ".join(parts) or "none"
        raise MalformedReply(
            f"The reader's reply is no JSON object and lacks these sections or their text: {', '.join(missing)}. "
            f"Headings found: {found}. It begins: {text[:80]!r}"
        )


def _entries(text: str) -> tuple[str, ...]:
    """Items of a list, or paragraphs where there are no bullets."""
    parts = _BULLET.split(text) if _BULLET.search(text) else re.split(r"\n\s*\n", text)
    return tuple(" ".join(part.split()) for part in parts if part.strip())


def _curated(entry: str) -> Curated:
    quote = _QUOTE.search(entry)
    kind = _KIND.search(entry)
    shows = _QUOTE.sub(" ", entry)
    if quote is None:
        return Curated("", "", shows=entry)
    return Curated(
        quote["id"].strip(),
        quote["words"] or "",
        kind=kind[1].casefold() if kind else "text",
        shows=" ".join(_KIND.sub(" ", shows).split()).strip(" :;-–—"),
    )


def _step(entry: str) -> Step:
    ids = tuple(part.strip() for match in re.finditer(_ID, entry) for part in match["id"].split(","))
    return Step(_tidy(re.sub(_ID, " ", entry)) or entry, ids)


def _claims(parts: Mapping[str, str]) -> tuple[StatedClaim, ...]:
    return tuple(_claim(entry) for entry in _entries(parts.get("claims", "")))


def _claim(entry: str) -> StatedClaim:
    quotes = tuple(Quote(match["id"].strip(), match["words"] or "") for match in _QUOTE.finditer(entry))
    text = _tidy(_QUOTE.sub(" ", entry)).strip(" |:;-–—")
    return StatedClaim(text or entry, quotes)


def _completeness(parts: Mapping[str, str]) -> Completeness:
    told = re.search("|".join(each.value for each in Completeness), parts.get("completeness", "").casefold())
    return Completeness(told[0]) if told else Completeness.FULL


def _tidy(text: str) -> str:
    """One space between words, none before a stop: what is left when ids are taken out."""
    return re.sub(r"\s+([.,;:])", r"\1", " ".join(text.split()))
