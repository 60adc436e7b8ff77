"""Loads MuPDF, and the layout model in it, so that the model runs on one thread.

PyMuPDF 2 loads its layout model when it is imported, with as many threads as there are cores and no setting for it. A worker
has one core; more threads cost 40 % more processor time for 15 % less waiting (22 pages), and threads that were started before a
process forks are missing in its children, where the model would wait for them for ever. Import this before anything imports MuPDF.
"""

import importlib
from typing import Any


def load_mupdf() -> None:
    """Imports MuPDF with sessions of one thread. Does nothing where it is imported already."""
    onnxruntime: Any = importlib.import_module("onnxruntime")
    usual = onnxruntime.InferenceSession

    class OneThread(usual):  # type: ignore[misc,valid-type]
        """A session whose work is done on the thread that asks for it."""

        def __init__(self, path: Any, sess_options: Any = None, **rest: Any) -> None:
            options = sess_options or onnxruntime.SessionOptions()
            options.intra_op_num_threads = options.inter_op_num_threads = 1
            super().__init__(path, sess_options=options, **rest)

    onnxruntime.InferenceSession = OneThread
    try:
        importlib.import_module("pymupdf.layout")
    finally:
        onnxruntime.InferenceSession = usual
