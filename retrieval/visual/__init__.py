"""Pages as images: late-interaction vectors, their pooling, exact scores and similarity maps."""

from retrieval.errors import UnreadableImage
from retrieval.visual.choices import Choice, Choices
from retrieval.visual.contract import PageEncoder, PageScore, QueryTokens, VisualIdentity
from retrieval.visual.encoder import VisualEncoder
from retrieval.visual.maps import SimilarityMap, overlay, similarity_map
from retrieval.visual.page import (
    MAX_VALUES,
    MAX_VECTORS,
    WHOLE_PAGE,
    PageVectors,
    check_multivector,
)
from retrieval.visual.pooling import pool_columns, pool_hierarchically, pool_rows
from retrieval.visual.scoring import maxsim, maxsim_many
from retrieval.visual.spotting import WORDSPOT, WordspotEncoder, load_visual

__all__ = [
    "MAX_VALUES",
    "MAX_VECTORS",
    "WHOLE_PAGE",
    "WORDSPOT",
    "Choice",
    "Choices",
    "PageEncoder",
    "PageScore",
    "PageVectors",
    "QueryTokens",
    "SimilarityMap",
    "UnreadableImage",
    "VisualEncoder",
    "VisualIdentity",
    "WordspotEncoder",
    "check_multivector",
    "load_visual",
    "maxsim",
    "maxsim_many",
    "overlay",
    "pool_columns",
    "pool_hierarchically",
    "pool_rows",
    "similarity_map",
]
