"""Imported by the fork server before any worker exists: workers then start with everything in memory (8 ms instead of seconds)."""

from ingest.workers.tasks import load_worker

load_worker()
