"""What a desk refuses, beside what contracts refuse themselves."""


class NotFoundError(LookupError):
    """There is no such thing, or none of the caller's; the message names it."""


class ConflictError(RuntimeError):
    """It cannot be done as things are now; the message says why."""
