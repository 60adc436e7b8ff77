"""The JSON Schema of a reply in the form that servers hold a model to."""

from typing import Any

from answer.reader import ReadRequest

_RECKONED = frozenset(("support",))
"""What is reckoned from the checks, and not asked of a model."""


def strict_schema(request: ReadRequest) -> tuple[str, dict[str, Any]] | None:
    """Name and schema of the reply; None where free text is wanted. Every object is closed and every key required (as
    OpenAI's `strict` wants it, and as keeps a small model from stopping early), the root is an object and not a
    reference (as llama.cpp's and vLLM's grammars want it), and defaults are left out, since all is required."""
    schema = request.schema()
    if schema is None or request.reply is None:
        return None
    definitions = {name: _closed(part) for name, part in schema.get("$defs", {}).items()}
    name = str(schema["$ref"]).rpartition("/")[2]
    root = definitions.pop(name)
    return name, {**root, "$defs": definitions}


def _closed(part: Any) -> Any:
    if isinstance(part, list):
        return [_closed(each) for each in part]
    if not isinstance(part, dict):
        return part
    kept = {key: _closed(value) for key, value in part.items() if key not in ("default", "title", "properties")}
    if part.get("type") == "object":
        properties = {
            name: _closed(value) for name, value in part.get("properties", {}).items() if name not in _RECKONED
        }
        kept |= {"properties": properties, "required": list(properties), "additionalProperties": False}
    return kept
