"""Pages in, index out; a question in, ranked evidence out. Encoders, Qdrant (embedded or server), search and fusion."""

from retrieval.evidence import Evidence, EvidencePage, PassageHit, Scope

__all__ = ["Evidence", "EvidencePage", "PassageHit", "Scope"]
