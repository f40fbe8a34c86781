"""Makes `.venv` what `requirements.lock` says: every distribution of the lock, and ringwatch itself from this checkout.

    python3 scripts/setup_venv.py          needs nothing but Python with its module venv

The installer uv comes from the same lock. pip's configuration (index, certificates) holds for uv, too, unless uv has
one of its own.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
LOCK = ROOT / "requirements.lock"
STAMP = VENV / "installed"
# Names in pip's configuration, and where uv looks for the same.
FROM_PIP = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "cert": "SSL_CERT_FILE",
}


def main() -> None:
    try:
        if STAMP.is_file() and STAMP.read_text(encoding="utf-8") == fingerprint():
            STAMP.touch()
            return
        make_venv()
        install_uv()
        install_lock()
        STAMP.write_text(fingerprint(), encoding="utf-8")
    except subprocess.CalledProcessError as error:
        program = " ".join(Path(str(part)).name for part in error.cmd[:3])
        sys.exit(f"setup: `{program} ...` failed ({error.returncode}), see above; `make setup` goes on from here")


def fingerprint() -> str:
    """Return what `.venv` depends on: the lock, the project's own description, and the Python that runs this."""
    parts = (LOCK.read_bytes(), (ROOT / "pyproject.toml").read_bytes(), sys.version.encode())
    return "".join(hashlib.sha256(part).hexdigest() + "\n" for part in parts)


def make_venv() -> None:
    """Make `.venv` with this Python, anew when it was made with a Python of another minor version."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    if (VENV / "bin" / version).exists() and (VENV / "bin" / "pip").exists():
        return
    say(f"making {VENV.name} with Python {sys.version.split()[0]}")
    shutil.rmtree(VENV, ignore_errors=True)
    done = subprocess.run([sys.executable, "-m", "venv", VENV], check=False)
    if done.returncode:
        shutil.rmtree(VENV, ignore_errors=True)
        sys.exit("setup: this Python lacks the module venv; on Debian and Ubuntu: apt-get install python3-venv")


def install_uv() -> None:
    """Install the locked uv, checked by its hash, with pip."""
    lines = LOCK.read_text(encoding="utf-8").splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("uv=="))
    end = next((i for i in range(start + 1, len(lines)) if not lines[i].startswith(" ")), len(lines))
    with tempfile.TemporaryDirectory() as folder:
        wanted = Path(folder) / "uv.txt"
        wanted.write_text("\n".join(lines[start:end]) + "\n", encoding="utf-8")
        run(VENV / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r", wanted)


def install_lock() -> None:
    """Make `.venv` hold the lock and nothing else, then ringwatch as editable."""
    say(f"installing what {LOCK.name} lists; this takes a minute or two the first time")
    uv, python = VENV / "bin" / "uv", f"--python={VENV / 'bin' / 'python'}"
    verbosity = () if sys.stderr.isatty() else ("--quiet",)  # a progress bar where there is somebody to see it
    run(uv, "pip", "sync", *verbosity, "--require-hashes", "--compile-bytecode", python, LOCK)
    run(uv, "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", python, "--editable", ROOT)


def run(*command: object) -> None:
    subprocess.run([str(part) for part in command], check=True, cwd=ROOT, env={**configuration(), **os.environ})


def configuration() -> "dict[str, str]":
    """Return pip's configuration in the variables that uv reads."""
    pip = VENV / "bin" / "pip"
    listed = subprocess.run([pip, "config", "list"], check=True, capture_output=True, text=True).stdout
    settings = dict(line.split("=", 1) for line in listed.splitlines() if "=" in line)
    found = {}
    for scope in ("global", "install", ":env:"):  # the last one is the strongest
        for name, variable in FROM_PIP.items():
            if value := settings.get(f"{scope}.{name}"):
                found[variable] = " ".join(value.strip("'\"").split("\\n"))
    return {"VIRTUAL_ENV": str(VENV), "UV_PYTHON_DOWNLOADS": "never"} | found


def say(what: str) -> None:
    print(f"setup: {what}", file=sys.stderr, flush=True)  # noqa: T201 - nothing is installed yet


if __name__ == "__main__":
    main()
