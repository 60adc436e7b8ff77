"""Imported by the fork server before any worker exists: workers then start with everything in memory (8 ms instead of 520 ms)."""

import importlib

from ingest.workers.tasks import use_one_thread

use_one_thread()
importlib.import_module("ingest.workers.worker")
