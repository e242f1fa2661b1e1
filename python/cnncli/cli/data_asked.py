"""What `cnn data` is asked for."""

from dataclasses import dataclass

PNG_COLUMNS = 20
SHEETS = (
    "classes", "names", "suspects", "leaks", "two-labels", "duplicates", "near-leaks", "near-two-labels",
    "near-duplicates", "constant", "dark", "low-contrast",
)  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """The command line of `cnn data`."""

    name_or_path: str
    show: bool
    out: str | None
    as_json: bool
    columns: int | None
    part: str | None
    of: str | None
    seed: int | None
    label_column: str | None
    data_dir: str | None
    prepare: str | None
    pixels: tuple[int, int] | None
    colour: str | None
    skip_bad: bool
    use_cache: bool
    no_checks: bool
    strict: bool
    model: str | None
    folds: int | None

    @property
    def sheet(self) -> str:
        """What a sheet shows."""
        return self.of or ("suspects" if self.model else "classes")

    @property
    def draws(self) -> bool:
        """Whether there is a sheet."""
        return self.show or self.out is not None
