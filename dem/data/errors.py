"""The one error of this room: it says which file, which row, which column, and why."""

from collections.abc import Mapping
from dataclasses import dataclass, field


class DataError(ValueError):
    """Home data that cannot be used.

    Attributes:
        path: the file (or the name of the table) that was refused.
        row: line in the file, counted from 1 with the header; for a table in memory the row's position from 0; None
            where the fault is not in one row.
        column: the column as the file names it, None where the fault is not in one column.
        reason: what is wrong, in words.
    """

    def __init__(self, path: object, reason: str, *, row: int | None = None, column: str | None = None) -> None:
        self.path = str(path)
        self.row = row
        self.column = column
        self.reason = reason
        place = [self.path]
        if row is not None:
            place.append(f"row {row}")
        if column is not None:
            place.append(f"column '{column}'")
        super().__init__(f"{', '.join(place)}: {reason}")


@dataclass(frozen=True)
class Origin:
    """Where a table comes from, so that its faults can be named as the file's author knows them.

    Attributes:
        path: file or name of the table.
        first_row: what the table's first row is called: 2 for a file with one header line, 0 for a table in memory.
        columns: the table's column names → the file's.
    """

    path: object
    first_row: int = 0
    columns: Mapping[str, str] = field(default_factory=dict)

    def error(self, reason: str, *, position: int | None = None, column: str | None = None) -> DataError:
        """The error for the row at ``position`` (0 = first) and ``column`` (as the table names it)."""
        row = None if position is None else self.first_row + int(position)
        return DataError(self.path, reason, row=row, column=self.columns.get(column, column))
