"""Tables of text, for a terminal and for Markdown, with the best of a column bold."""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

WIDE = 160


class Column(NamedTuple):
    """A heading, whose line feeds are for the terminal, and which value is printed bold."""

    heading: str
    best: Callable[[Iterable[float]], float] | None = None


class Cell(NamedTuple):
    """What is printed; without a value it takes no part in the search for the best."""

    text: str
    value: float | None = None


NOTHING = Cell("–")


class Grid(NamedTuple):
    """A table: the first column names the rows."""

    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]

    def take(self, columns: Sequence[int]) -> "Grid":
        """Some of the columns."""
        rows = [[row[number] for number in columns] for row in self.rows]
        return Grid([self.columns[number] for number in columns], rows)

    def drawn(self) -> Table:
        """For a terminal."""
        table = Table(box=box.SIMPLE_HEAD, collapse_padding=True, pad_edge=False)
        for number, column in enumerate(self.columns):
            table.add_column(column.heading, justify="right" if number else "left")
        for row in self._bold():
            table.add_row(*[Text(text, style="bold" if best else "") for text, best in row])
        return table

    def markdown(self) -> str:
        """For a README; ends with a newline."""
        lines = [[column.heading.replace("\n", " ") for column in self.columns]]
        lines.append([":--", *["--:"] * (len(self.columns) - 1)])
        for row in self._bold():
            escaped = [(text.replace("|", r"\|"), best) for text, best in row]
            lines.append([f"**{text}**" if best else text for text, best in escaped])
        return "".join(f"| {' | '.join(line)} |\n" for line in lines)

    def _bold(self) -> list[list[tuple[str, bool]]]:
        best = [
            _best(column, [row[number] for row in self.rows])
            for number, column in enumerate(self.columns)
        ]
        return [
            [(cell.text, cell.value is not None and cell.text in best[i]) for i, cell in at]
            for at in (list(enumerate(row)) for row in self.rows)
        ]


def fits(console: Console, table: Table) -> bool:
    """Whether nothing of the table has to be broken or cut."""
    unbounded = console.options.update(max_width=10 * WIDE)
    return console.measure(table, options=unbounded).maximum <= console.width


def _best(column: Column, cells: Sequence[Cell]) -> set[str]:
    """The texts of the best cells: values that read alike are bold together."""
    values = [cell.value for cell in cells if cell.value is not None]
    if not column.best or not values:
        return set()
    best = column.best(values)
    return {cell.text for cell in cells if cell.value == best}
