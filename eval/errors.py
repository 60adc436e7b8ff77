"""What can go wrong in an evaluation. All of it is told like any other bad input of a command.

api.errors.InvalidInput
├── BadDataset        the folder is not the benchmark that was named, or its files can't be read
└── BadRun            a run folder that can't be used: of another data set, in use, damaged
api.errors.Unavailable
└── ServiceGone       the service failed so often in a row that going on would only fill the run with failures
"""

from api.errors import InvalidInput, Unavailable


class BadDataset(InvalidInput):
    """Not the benchmark that was named, or not readable; says what was looked for and what was found."""

    title = "The data set can't be used"


class BadRun(InvalidInput):
    """A run folder that can't be used for what was asked."""

    title = "The run can't be used"


class ServiceGone(Unavailable):
    """The service does not answer any more; what was answered is kept, and the same command goes on."""
