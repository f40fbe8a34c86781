"""Where a night's files lie: the feeds that arrive, and what each stage leaves for the next, named by day."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from ringwatch.errors import UsageError


@dataclass(frozen=True)
class Files:
    """Paths only; nothing is read or created here. feeds: a folder, or the address of one on a Hadoop path."""

    home: Path
    feeds: Path | str | None = None

    @property
    def graph(self) -> Path:
        """What the graph was told, and how it came to that; written by load."""
        return self.home / "graph"

    @property
    def spill(self) -> Path:
        """Where DuckDB puts what does not fit into its memory."""
        return self.home / "spill"

    @property
    def spark(self) -> Path:
        """What is on its way to the executors of Spark and back; gone when a stage ends."""
        return self.home / "spark"

    @property
    def adjustments(self) -> Path:
        """What verdicts changed in the score, by version, and which is in use."""
        return self.home / "adjustments"

    def arrived(self, day: date) -> Path:
        """Folder in which the feeds of `day` arrive."""
        if self.feeds is None:
            raise UsageError("say where the feeds arrive: --feeds DIR, or the setting feeds_dir (RINGWATCH_FEEDS_DIR)")
        if isinstance(self.feeds, str):
            raise UsageError(f"{self.feeds} can be read on Spark only: --engine spark, or RINGWATCH_ENGINE=spark")
        return self.feeds / day.isoformat()

    def day(self, day: date) -> Path:
        return self.home / "days" / day.isoformat()

    def clean(self, day: date, feed: str) -> Path:
        """Rows of `feed` that passed the gate on `day`; written by validate."""
        return self.day(day) / "clean" / f"{feed}.parquet"

    def quarantine(self, day: date, feed: str) -> Path:
        """Refused rows of `feed` with rule, file and row; written by validate."""
        return self.day(day) / "quarantine" / f"{feed}.parquet"

    def held(self, day: date, feed: str) -> Path:
        """Clean rows of `feed` whose account no accounts feed had named on `day`; written by validate."""
        return self.day(day) / "held" / f"{feed}.parquet"

    def amending(self, day: date) -> Path:
        """Folder of new files of the day that are being put in place; gone when they all are."""
        return self.day(day) / "amending"

    def outcomes(self, day: date) -> Path:
        """How each rule fared; written by validate."""
        return self.day(day) / "outcomes.parquet"

    def docs(self, day: date) -> Path:
        """Folder of Data Docs; written on demand."""
        return self.day(day) / "docs"

    @property
    def sharing(self) -> Path:
        """What accounts share in the window, as a DuckDB database; made by link, again whenever it is out of date."""
        return self.home / "sharing.duckdb"

    def candidates(self, day: date) -> Path:
        """candidate, account_id, lane, stability; written by detect."""
        return self.day(day) / "candidates.parquet"

    def watch(self, day: date) -> Path:
        """account_id, ring_id, similarity, members, identifiers of accounts that are like a ring; written by detect."""
        return self.day(day) / "watch.parquet"

    def scored(self, day: date, table: str) -> Path:
        """`rings`, `members` or `evidence`; written by score."""
        return self.day(day) / "scored" / f"{table}.parquet"

    @property
    def canaries(self) -> Path:
        """Folder of the canaries' simulated world; made when a night first needs it."""
        return self.home / "canaries"

    def shadow(self, day: date) -> Path:
        """Folder of what a shadow night would change: `accounts` and `rings`; written on demand."""
        return self.day(day) / "shadow"

    def report(self, day: date) -> Path:
        """The run report as JSON."""
        return self.day(day) / "report.json"

    def report_page(self, day: date) -> Path:
        """The report for reviewers, one HTML file; written on demand and after a night."""
        return self.day(day) / "report.html"
