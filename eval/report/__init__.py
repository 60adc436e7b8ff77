"""`report.html`: a run for people, in one file."""

from eval.report.cases import take_pictures
from eval.report.page import write_report

__all__ = ["take_pictures", "write_report"]
