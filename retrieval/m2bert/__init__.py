"""M2-BERT retrieval encoders (2k, 8k and 32k tokens) in plain PyTorch.

Architecture: Saad-Falcon et al., "Benchmarking and Building Long-Context Retrieval Models with LoCo and M2-BERT"
(arXiv 2402.07440), on Fu et al., "Monarch Mixer" (arXiv 2310.12109). Our own code, from the paper and the published
shapes: the original needs fused kernels and remote code.
"""

from retrieval.m2bert.checkpoint import build, is_m2bert, load_network
from retrieval.m2bert.geometry import Geometry
from retrieval.m2bert.network import M2Bert
from retrieval.m2bert.tokenizer import load_tokenizer

# retrieval/m2bert/pipeline.py is left to retrieval/loading.py: it brings sentence-transformers, seconds of imports.
__all__ = ["Geometry", "M2Bert", "build", "is_m2bert", "load_network", "load_tokenizer"]
