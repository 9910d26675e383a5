"""Files out of published packages: found in the index that pip is configured for, checked, and never run."""

from __future__ import annotations

import errno
import glob
import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import requests
from pypi_simple import (
    PYPI_SIMPLE_ENDPOINT,
    DistributionPackage,
    NoSuchProjectError,
    PyPISimple,
    UnsupportedContentTypeError,
    UnsupportedRepoVersionError,
)
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

from rnnvis import progress
from rnnvis.errors import RnnvisError

CHUNK = 1 << 16
LARGEST_DOWNLOAD = 2**30
STALE_SECONDS = 3600
TIMEOUT = (10.0, 60.0)  # seconds to connect, seconds between two bytes
_CAUSES: tuple[tuple[type[Exception] | tuple[type[Exception], ...], str], ...] = (
    (requests.exceptions.ProxyError, "the proxy does not answer"),
    (requests.exceptions.SSLError, "its certificate is not trusted"),
    (requests.exceptions.RetryError, "it answers with a server error again and again"),
    (requests.exceptions.Timeout, "it does not answer in time"),
    (requests.exceptions.ConnectionError, "no connection"),
    (requests.exceptions.ChunkedEncodingError, "its answer was cut short"),
    ((requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema), "no web address"),
    (requests.exceptions.MissingSchema, "no web address"),
    ((UnsupportedContentTypeError, UnsupportedRepoVersionError), "it does not answer like a package index"),
    (ValueError, "it does not answer like a package index"),
)


def fetch(name: str, version: str, filename: str, sha256: str, cache: Path) -> Path:
    """The file `filename` of release `version` of package `name`, as a path under `cache`.

    A file that is already there with the right SHA-256 (64 hex digits) is returned without asking anybody. What
    is downloaded gets a temporary name until its hash has been checked, so `cache` never holds half a file.

    Raises:
        RnnvisError: the index cannot be reached, has no such package or file, the bytes do not have the
            expected hash, or the disk is full.
    """
    path = cache / filename
    if path.is_file() and _sha256(path) == sha256:
        return path
    endpoint = index_url()
    with _session() as session, PyPISimple(endpoint, session=session) as index:
        package = _find(index, name, version, filename, endpoint)
        _download(session, package, path, sha256, endpoint)
    return path


def index_url() -> str:
    """The package index that pip would use: `PIP_INDEX_URL`, else pip's configuration, else the public index."""
    from_environment = os.environ.get("PIP_INDEX_URL", "").strip()
    return from_environment or _pip_setting("global.index-url") or PYPI_SIMPLE_ENDPOINT


def _pip_setting(key: str) -> str:
    command = [sys.executable, "-m", "pip", "config", "get", key]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return answer.stdout.strip() if answer.returncode == 0 else ""


def _session() -> requests.Session:
    session = requests.Session()
    certificate = os.environ.get("PIP_CERT")
    if certificate:
        session.verify = certificate
    proxy = os.environ.get("PIP_PROXY")
    if proxy:
        session.proxies = {"http": proxy, "https": proxy}
    adapter = HTTPAdapter(max_retries=Retry(total=2, backoff_factor=0.2, status_forcelist=(502, 503, 504)))
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def _find(index: PyPISimple, name: str, version: str, filename: str, endpoint: str) -> DistributionPackage:
    try:
        page = index.get_project_page(name, timeout=TIMEOUT)
    except NoSuchProjectError:
        raise RnnvisError(
            f"the package index at {_shown(endpoint)} has no package {name}",
            "point pip at an index that has it (PIP_INDEX_URL or pip config set global.index-url …)",
        ) from None
    except (requests.RequestException, UnsupportedContentTypeError, UnsupportedRepoVersionError, ValueError) as error:
        raise _unreachable(endpoint, error) from None
    for package in page.packages:
        if package.filename == filename:
            return package
    versions = sorted({p.version for p in page.packages if p.version})
    has = f"it has the versions {', '.join(versions)}" if versions else "it lists no files"
    raise RnnvisError(
        f"the package index at {_shown(endpoint)} has no file {filename} for {name} {version}; {has}",
        "check version and filename in the dataset's TOML, or point pip at an index that has the file",
    )


def _download(session: requests.Session, package: DistributionPackage, path: Path, sha256: str, endpoint: str) -> None:
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    digest = hashlib.sha256()
    taken = 0
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        for left in path.parent.glob(f"{glob.escape(path.name)}.*.part"):  # by a process that was killed
            if left.stat().st_mtime < time.time() - STALE_SECONDS:
                left.unlink(missing_ok=True)
        with session.get(package.url, stream=True, timeout=TIMEOUT) as answer, part.open("wb") as file:
            answer.raise_for_status()
            length = answer.headers.get("Content-Length", "")
            total = float(length) if length.isdigit() else None
            with progress.bar(f"Fetching {package.filename}", total=total, unit="bytes") as bar:
                for chunk in answer.iter_content(CHUNK):
                    taken += len(chunk)
                    if taken > LARGEST_DOWNLOAD:
                        raise RnnvisError(
                            f"{package.filename} from {_shown(endpoint)} is larger than {LARGEST_DOWNLOAD:,} bytes",
                            "the index serves another file: do not use it",
                        )
                    file.write(chunk)
                    digest.update(chunk)
                    bar.advance(len(chunk))
            file.flush()
            os.fsync(file.fileno())
        if digest.hexdigest() != sha256:
            raise RnnvisError(
                f"{package.filename} from {_shown(endpoint)} has SHA-256 {digest.hexdigest()}, expected {sha256}",
                "the file was removed; try again, and if it happens again the index serves a different file: "
                "do not use it",
            )
        part.replace(path)
    except (requests.RequestException, ValueError) as error:
        raise _unreachable(endpoint, error) from None
    except OSError as error:
        raise _unwritable(path, error) from None
    finally:
        part.unlink(missing_ok=True)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _shown(url: str) -> str:
    """The index's address without a user name or password."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        return f"{parts.scheme}://{host}{f':{parts.port}' if parts.port else ''}{parts.path}"
    except ValueError:
        return "the configured address, which is none"


def _unreachable(endpoint: str, error: Exception) -> RnnvisError:
    cause = getattr(error, "reason", None) or error
    kind = next((said for kinds, said in _CAUSES if isinstance(cause, kinds)), type(error).__name__)
    if isinstance(error, requests.HTTPError) and error.response is not None:
        kind = f"HTTP status {error.response.status_code}"
    return RnnvisError(
        f"the package index at {_shown(endpoint)} cannot be used: {kind}",
        "check the network, the proxy and pip's index (pip config list, PIP_INDEX_URL, PIP_CERT), then run again",
    )


def _unwritable(path: Path, error: OSError) -> RnnvisError:
    if error.errno == errno.ENOSPC:
        return RnnvisError(f"no space left on the disk while writing {path}", "free some space and run again")
    return RnnvisError(f"cannot write {path}: {error.strerror or error}", "make that folder writable and run again")
