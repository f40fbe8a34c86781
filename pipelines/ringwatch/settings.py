"""Every setting of ringwatch, in one frozen object.

A value comes from, strongest first: the call, the environment (`RINGWATCH_*`, and `NEO4J_*` for the server), a file of
that name in small letters (`neo4j_password`) in the folder RINGWATCH_SETTINGS_DIR, where containers have secrets,
`ringwatch.toml` in the working folder, the default written here.
"""

import json
import os
import tomllib
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

from pydantic import AliasChoices, Field, SecretStr, ValidationError, field_validator
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from ringwatch.errors import UsageError

TOML = Path("ringwatch.toml")
FILES = "RINGWATCH_SETTINGS_DIR"
# What can keep a night from being published until somebody looked at it.
GUARDRAILS = ("share", "growth", "largest", "feeds", "counts", "calibration", "depth", "canaries")
# Settings that lead to what real nights write, and those that say what their feeds are like.
_SERVER = ("neo4j_uri", "neo4j_password", "neo4j_http_url")
_DELIVERY = (
    "store_url",
    "webhook_url",
    "notify_urls",
    "metrics_file",
    "lineage_file",
    "partner_salts",
    "feeds_dir",
    "feeds",
    "day_zone",
    "may_be_empty",
    "columns",
    "values",
    "constants",
)


class Settings(BaseSettings):
    """All settings; `ringwatch config show` prints each with its value and source."""

    model_config = SettingsConfigDict(
        env_prefix="RINGWATCH_", toml_file=TOML, frozen=True, extra="forbid", populate_by_name=True
    )

    home: Path = Field(Path("var"), description="folder for everything ringwatch writes")
    home_group: str | None = Field(
        None, description="group that may read clean days, scores and reports in the home; none: their owner only"
    )
    feeds: Annotated[tuple[str, ...], NoDecode] = Field(
        ("accounts", "payments", "devices", "ips", "usage"),
        description="feeds this deployment has, joined by commas; one that is listed, not optional and missing stops "
        "the night",
    )
    may_be_empty: tuple[str, ...] = Field(
        ("accounts", "payments"),
        description="feeds of which a day may have no rows: a file without any is delivered and empty",
    )
    columns: dict[str, dict[str, str]] = Field(
        {}, description="names that files have for columns, by feed and column of the data dictionary"
    )
    values: dict[str, dict[str, dict[str, str]]] = Field(
        {},
        description='what words in files mean, by feed, column and word: a word of the data dictionary, or "", nothing',
    )
    constants: dict[str, dict[str, str | int | float]] = Field(
        {}, description="values, the same in all rows, of columns that files do not have, by feed and column"
    )
    feeds_dir: Path | str | None = Field(
        None,
        description="folder in which the daily feeds arrive, one folder a day, for the engine spark also on a Hadoop "
        "path such as s3a://bucket/feeds; none: `--feeds` names it",
    )
    feeds_marker: str | None = Field(
        None, description="file that says the folder of a day is complete, such as _SUCCESS; none: none is waited for"
    )
    feeds_wait_hours: float = Field(
        12,
        ge=0,
        description="hours after the end of a day for which its night in Airflow waits for feeds that are late",
    )
    day_zone: str = Field(
        "UTC",
        description="zone (IANA) by whose midnights the folder of a day begins and ends, such as America/Los_Angeles; "
        "set it before the first night",
    )
    csv_encoding: str | None = Field(None, description="encoding of CSV feeds; none: found out for each file")
    csv_delimiter: str | None = Field(
        None, min_length=1, max_length=1, description="delimiter of CSV feeds; none: found out from the header"
    )
    csv_quote: str = Field('"', min_length=1, max_length=1, description="what stands around values of CSV feeds")
    csv_escape: str | None = Field(
        None,
        min_length=1,
        max_length=1,
        description="before a quote inside of quotes in CSV feeds: a backslash, or the quote again; none: found out",
    )
    gate_chunk_rows: int = Field(
        20_000, ge=1, description="rows the gate judges at once: more need more memory and a little less time"
    )
    gate_most_rows: int = Field(
        200_000_000, ge=1, description="rows of a feed and day from which it is taken for a mistake and refused"
    )
    held_days: int = Field(
        7, ge=0, le=365, description="days for which rows of an account that is not known yet wait for it"
    )
    volume_floor: float = Field(
        0.1, ge=0, lt=1, description="share of its usual rows below which a feed stops the night; 0: never"
    )
    volume_ceiling: float = Field(5.0, gt=1, description="times its usual rows above which a feed is told")
    filled_floor: float = Field(
        0.1, ge=0, lt=1, description="share of its usual values below which a column stops the night; 0: never"
    )
    missing_ceiling: float = Field(
        0.2, gt=0, le=1, description="share of values that may be missing above what is usual before a column is told"
    )
    shift_ceiling: float = Field(
        0.25, gt=0, description="population stability index (PSI) against usual nights above which a column is told"
    )
    broken_ceiling: float = Field(
        0.01, ge=0, lt=1, description="share of rows that may break a rule above what is usual before the rule is told"
    )
    refused_ceiling: float = Field(
        0.1, gt=0, le=1, description="share of a feed's rows that may not count for one reason before its cause is told"
    )
    window_days: int = Field(28, ge=1, le=3660, description="days of history that count, the day itself included")
    engine: Literal["gds", "local", "spark"] = Field(
        "gds",
        description="who works out communities: gds (the server's Graph Data Science), local (processes of this "
        "machine) or spark (the executors of spark_master)",
    )
    graph_holds: Literal["all", "flagged"] | None = Field(
        None,
        description="accounts that are in Neo4j: all, or those of flagged rings and their neighbours (flagged); none: "
        "flagged with the engine spark, all with the others",
    )
    spark_master: str = Field(
        "local[*]", description="master that the engine spark works on: local[*], yarn, k8s://…, spark://…"
    )
    spark_conf: dict[str, str] = Field({}, description="configuration of Spark by its name, for the engine spark")
    spark_dir: str | None = Field(
        None,
        description="folder on a Hadoop path (hdfs, s3a, abfs, gs) through which the engine spark hands on what its "
        "executors work on; none: the home, which they must share",
    )
    shard_accounts: int = Field(
        200_000,
        ge=10,
        description="most accounts that are judged together: a night of more falls into shards",
    )
    processes: int | None = Field(
        None, ge=1, le=256, description="processes that judge feeds or shards at the same time; none: one for each core"
    )
    seed: int = Field(42, ge=0, description="random seed of community detection")
    min_ring_size: int = Field(4, ge=2, description="fewest accounts that are called a ring")
    flag_probability: float = Field(0.5, gt=0, lt=1, description="probability from which a candidate is flagged")
    keep_probability: float = Field(
        0.3, gt=0, lt=1, description="probability down to which a ring of the last night stays flagged"
    )
    scorecards: Path | None = Field(
        None, description="folder with scorecards of your own (`ringwatch train`); none: those that are shipped"
    )
    max_flagged_share: float = Field(
        0.25, gt=0, le=1, description="guardrail: share of all accounts above which a night is withheld"
    )
    guards_off: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="guardrails that withhold no night, joined by commas: share, growth, largest, feeds, counts, "
        "calibration, depth, canaries",
    )
    guard_nights: int = Field(
        28, ge=5, description="published nights that say how many rings and accounts are usually flagged"
    )
    guard_deviations: float = Field(
        6.0,
        gt=0,
        description="guardrail growth: robust standard deviations from the median of these nights beyond which a night "
        "is withheld; half the median is always allowed",
    )
    guard_room_accounts: int = Field(
        100, ge=1, description="guardrails growth and largest: flagged accounts by which a night may always differ"
    )
    guard_room_rings: int = Field(20, ge=1, description="guardrail growth: rings by which a night may always differ")
    guard_largest_share: float = Field(
        0.5, gt=0, le=1, description="guardrail largest: share of flagged accounts that one new ring may have"
    )
    guard_calibration: float = Field(
        0.25,
        gt=0,
        le=1,
        description="guardrail calibration: by how much fewer of the last reviewed rings may be ones than was expected",
    )
    guard_depth: float = Field(
        2.0, ge=1, description="guardrail depth: times the scorecard's limit that a night may be away from its sources"
    )
    canaries: bool = Field(
        True, description="let known rings and honest look-alikes go through each night, apart from all that is real"
    )
    canary_accounts: int = Field(
        1_000, ge=500, description="accounts of the window, at most, among which canaries are judged: more take longer"
    )
    guard_canaries: float = Field(
        0.5, gt=0, le=1, description="guardrail canaries: share of canary rings by which fewer may be found than usual"
    )
    link_min_bits: float = Field(3.0, ge=0, description="bits from which two accounts are linked")
    similarity_cutoff: float = Field(0.1, gt=0, le=1, description="weighted Jaccard from which accounts are similar")
    similarity_pair_budget: int = Field(
        300_000_000, ge=1, description="most account pairs node similarity may compare in a night"
    )
    refresh_days: int = Field(
        7,
        ge=1,
        description="days in which the graph hears anew of times and counts of all it knows; at most half the window",
    )
    review_claim_hours: float = Field(
        4, gt=0, description="hours after which a ring that somebody claimed is free again"
    )
    review_due_hours: dict[str, float] = Field(
        {"near_certain": 24, "very_likely": 48, "likely": 96, "possible": 168},
        description="hours after the first night of a ring in which it is to be reviewed, by band of its probability",
    )
    review_second_share: float = Field(
        0.1, ge=0, le=1, description="share of reviewed rings that somebody else is asked about again"
    )
    review_sample: int = Field(
        4,
        ge=0,
        description="groups below the threshold that reviewers are asked about each night, so that what is missed can "
        "be estimated",
    )
    review_seed_days: int = Field(
        90, ge=0, description="days for which confirmed accounts are a reason to flag who is with them"
    )
    review_release_days: int = Field(
        180, ge=0, description="days for which an account that was released from a ring is kept out of rings"
    )
    harm_weights: dict[str, float] = Field(
        {"exchanges": 0.001, "spend": 0.01, "chargebacks": 5, "refunds": 1, "declines": 0.5, "active_today": 1},
        description="what one unit of each figure of harm adds to what is at stake in a ring",
    )
    batch_rows: int = Field(10_000, ge=1, description="rows sent to Neo4j in one transaction")
    load_writers: int = Field(2, ge=1, le=16, description="writers that load the graph at the same time")
    bulk_load_rows: int = Field(
        100_000, ge=1, description="rows from which an empty embedded graph is filled by Neo4j's offline import"
    )
    duckdb_memory_mb: int = Field(
        2048, ge=256, description="memory for the work on files; what does not fit goes into the home folder"
    )

    neo4j_uri: str | None = Field(
        None,
        validation_alias=AliasChoices("NEO4J_URI", "neo4j_uri"),
        description="Bolt address of your own server; without it ringwatch starts one",
    )
    neo4j_user: str = Field(
        "neo4j", validation_alias=AliasChoices("NEO4J_USER", "neo4j_user"), description="user of your own server"
    )
    neo4j_password: SecretStr | None = Field(
        None,
        validation_alias=AliasChoices("NEO4J_PASSWORD", "neo4j_password"),
        description="password of your own server",
    )
    neo4j_http_url: str | None = Field(
        None,
        validation_alias=AliasChoices("NEO4J_HTTP_URL", "neo4j_http_url"),
        description="HTTP address of your own server, for links to Neo4j Browser",
    )
    server_bolt_port: int = Field(
        7687, ge=0, le=65535, description="Bolt port of the embedded server; a free one if taken"
    )
    server_http_port: int = Field(
        7474, ge=0, le=65535, description="HTTP port of the embedded server; a free one if taken"
    )
    server_heap_mb: int | None = Field(None, ge=256, description="heap of the embedded server; none: from the memory")
    server_pagecache_mb: int | None = Field(
        None, ge=32, description="page cache of the embedded server; none: from the memory"
    )
    server_start_seconds: int = Field(180, ge=5, description="longest wait for the embedded server to answer")
    maven_repository: str | None = Field(
        None, description="repository the server's jars come from; none: the resolver's default"
    )
    model_dir: Path | None = Field(
        None, description="folder with schemas/ and cypher/ of your own model; none: the one that is shipped"
    )
    cache: Path | None = Field(None, description="folder for downloaded jars; none: the user's cache folder")

    store_url: str | None = Field(
        None, description="SQLAlchemy address of the review store; none: review.db in the home folder"
    )
    partner_salts: dict[str, Path] = Field(
        {},
        description="file with the salt of each group of partners that exchange indicators, by the name of the group",
    )
    webhook_url: str | None = Field(
        None, description="https address that is told of newly flagged and of withdrawn rings; none: nobody is"
    )
    webhook_secret: Path | None = Field(None, description="file with the secret that signs what the webhook is told")
    webhook_seconds: float = Field(
        10, gt=0, le=120, description="seconds a night gives to the webhook; what is not delivered by then waits"
    )
    notify_urls: SecretStr | None = Field(
        None,
        description="addresses (Apprise's, such as mailtos:// or slack://) that get a message when a night stops and a "
        "digest when it is published, with spaces between them; none: nobody does",
    )
    runbook_url: str = Field("docs/runbook.md", description="address of the runbook, for links in messages")
    metrics_file: Path | None = Field(
        None,
        description="file that has the figures of the newest night as OpenMetrics, for a collector that reads text "
        "files; none: none is written",
    )
    lineage_file: Path | None = Field(
        None, description="file to which each night adds what it read and wrote, as OpenLineage events; none: none does"
    )
    log_format: Literal["text", "json"] = Field("text", description="how lines of the log are written: text or json")
    lease_seconds: int = Field(
        120, ge=1, description="seconds after which one who writes and is not heard of any more is replaced"
    )

    keep_days: int | None = Field(
        None,
        ge=60,
        description="days for which candidates, scores, pages and refused rows of a day are kept; none: for ever",
    )
    backup_dir: Path | None = Field(
        None, description="folder in which the upkeep makes a backup each week; none: it makes none"
    )
    backups_kept: int = Field(4, ge=1, description="backups that stay in backup_dir")

    review_port: int = Field(8017, ge=0, le=65535, description="port of the review page on this machine; 0: a free one")
    review_header: str | None = Field(
        None,
        description="header in which a proxy before the review page says who asks, such as X-Forwarded-User; none: "
        "links that work once",
    )
    review_address: str = Field(
        "127.0.0.1", description="address on which the review page listens; another than this machine's takes a proxy"
    )
    review_proxy_secret: Path | None = Field(
        None,
        description="file with the secret that the proxy sends in the header X-Ringwatch-Proxy-Secret, by which the "
        "page knows it; needed where review_address is not of this machine",
    )
    review_hosts: tuple[str, ...] = Field(
        (), description="names under which a proxy asks for the review page, besides 127.0.0.1 and localhost"
    )
    review_roles: dict[str, str] = Field(
        {}, description="reader, reviewer or admin, by name of a person; * is everybody else, a reader if not given"
    )

    @field_validator("guards_off", mode="before")
    @classmethod
    def _read_guards(cls, value: object) -> object:
        """Read `growth,largest` and `["growth", "largest"]`. Raises ValueError for what is no guardrail."""
        if isinstance(value, str):
            value = json.loads(value) if value.strip().startswith("[") else value.split(",")
        names = (
            tuple(str(name).strip() for name in value if str(name).strip()) if isinstance(value, list | tuple) else ()
        )
        if unknown := [name for name in names if name not in GUARDRAILS]:
            raise ValueError(f"there is no guardrail {unknown[0]}; they are {', '.join(GUARDRAILS)}")
        return names

    @field_validator("feeds", mode="before")
    @classmethod
    def _read_feeds(cls, value: object) -> object:
        """Read `accounts,devices` and `["accounts", "devices"]`. Raises ValueError for a folder, and for no feeds."""
        if isinstance(value, str):
            if "/" in value or "\\" in value:
                raise ValueError("it takes the names of feeds, joined by commas; their folder is feeds_dir")
            value = json.loads(value) if value.strip().startswith("[") else value.split(",")
        if isinstance(value, list | tuple) and all(isinstance(name, str) for name in value):
            value = tuple(dict.fromkeys(name.strip() for name in value if name.strip()))
        if not value:
            raise ValueError("it names no feed")
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, _files(settings_cls), TomlConfigSettingsSource(settings_cls)

    @field_validator("day_zone")
    @classmethod
    def _is_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, OSError, ValueError):
            raise ValueError(f"{name!r} is no zone of the IANA time zone database, such as Europe/Berlin") from None
        return name

    @property
    def refresh_every(self) -> int:
        """refresh_days, within half the window: then what the graph says is in the window exactly when it should be."""
        return max(min(self.refresh_days, self.window_days // 2), 1)

    @field_validator("home", "cache", "model_dir", "backup_dir", "metrics_file", "lineage_file", "scorecards")
    @classmethod
    def _of_the_user(cls, path: Path | None) -> Path | None:
        """`~` is the user's own folder also where no shell has seen it."""
        return path and Path(os.path.expanduser(path))

    @field_validator("feeds_dir", mode="before")
    @classmethod
    def _is_folder(cls, where: object) -> object:
        return feeds_folder(where) if isinstance(where, str | Path) else where

    @field_validator("home")
    @classmethod
    def _home_can_be_named(cls, home: Path) -> Path:
        """DuckDB takes a backslash or `?` in the path of a database for something else, and cannot be told."""
        if unfit := sorted({letter for letter in str(home.absolute()) if letter in "\\?" or not letter.isprintable()}):
            raise ValueError(f"a home cannot have {' or '.join(map(repr, unfit))} in its path; choose another folder")
        return home

    @property
    def holds_flagged(self) -> bool:
        """Whether the graph holds flagged rings and their neighbourhoods alone."""
        return (self.graph_holds or ("flagged" if self.engine == "spark" else "all")) == "flagged"

    @property
    def store_address(self) -> str | Path:
        """SQLAlchemy URL of the review store, or its SQLite file."""
        return self.store_url or self.home.resolve() / "review.db"


def _files(settings: type[BaseSettings]) -> SecretsSettingsSource:
    """Settings that are files. Raises UsageError when the environment names a folder that is not there."""
    folder = os.environ.get(FILES)
    if folder and not Path(folder).is_dir():
        raise UsageError(f"{FILES} names {folder}, and there is no such folder")
    return SecretsSettingsSource(settings, secrets_dir=folder)


def feeds_folder(where: str | Path) -> Path | str:
    """Return the folder of this machine that is meant, or the address of one on a Hadoop path."""
    address = urlsplit(str(where)) if "://" in str(where) else None
    if address is None:
        return Path(os.path.expanduser(where))
    return Path(unquote(address.path)) if address.scheme == "file" else str(where)


def load_settings(**overrides: Any) -> Settings:
    """Return the settings with `overrides` on top. Raises UsageError that names the wrong setting."""
    try:
        return Settings(**overrides)
    except ValidationError as error:
        raise UsageError(_wrong(error.errors()[0])) from None
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{TOML} is no TOML: {error}") from None
    except ValueError as error:  # an environment value or ringwatch.toml that cannot be parsed
        raise UsageError(f"settings: {error}") from None


def _wrong(error: ErrorDetails) -> str:
    """Say what is wrong with a setting. What a secret holds is not shown, nor what a misspelt one may hold."""
    name = ".".join(str(part) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        near = get_close_matches(name, Settings.model_fields, 1)
        return f"setting {name}: there is no such setting" + (f"; did you mean {near[0]}?" if near else "")
    secret = "password" in name.lower()
    said, got = error["msg"].removeprefix("Value error, "), error["input"]
    shown = str(got) if isinstance(got, Path) else got
    return f"setting {name}: {said}" + ("" if secret else f" (got {shown!r})")


def set_apart(settings: Settings, folder: str) -> Settings:
    """Return the settings with a home of its own below the home, and without servers, store and feeds that are real."""
    return elsewhere(settings).model_copy(update=_defaults(_SERVER) | {"home": settings.home / folder})


def elsewhere(settings: Settings) -> Settings:
    """Return the settings without store and feeds that are real, for other feeds on the same server."""
    return settings.model_copy(update=_defaults(_DELIVERY))


def _defaults(names: tuple[str, ...]) -> dict[str, Any]:
    return {name: Settings.model_fields[name].default for name in names}


def sources(settings: Settings) -> dict[str, str]:
    """Return where each setting's value came from: `call`, `environment`, `file`, `ringwatch.toml` or `default`."""
    aliases = {name.lower(): name for name in Settings.model_fields}
    environment = {aliases[key.lower()] for key in EnvSettingsSource(Settings)() if key.lower() in aliases}
    files = {aliases[key.lower()] for key in _files(Settings)() if key.lower() in aliases}
    toml = {aliases[key.lower()] for key in TomlConfigSettingsSource(Settings)() if key.lower() in aliases}
    return {
        name: "environment"
        if name in environment
        else "file"
        if name in files
        else "ringwatch.toml"
        if name in toml
        else "call"
        if name in settings.model_fields_set
        else "default"
        for name in Settings.model_fields
    }
