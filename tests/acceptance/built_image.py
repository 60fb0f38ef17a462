"""The image, built without a daemon, and run as container engines run it: process 1, its user, a read-only root."""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from attrs import frozen

from gistsearch import __version__
from tests.acceptance.serving import ROOT, Server, started

NAME = f"localhost/gistsearch:{__version__}"
TOOLS = ("buildah", "mmdebstrap", "unshare", "nsenter", "chroot")

_BASE_PACKAGES = "python3,python3-venv,passwd"
_TO_REACH_PACKAGES = ("/etc/pip.conf", "/etc/ssl/certs/ca-certificates.crt")
"""Files of this machine that a build needs wherever pip does not reach its index without them."""

_ENTER = """
set -e
root=$1 user=$2 volume=$3
shift 3
mount --bind "$root" "$root"
mount -o remount,bind,ro "$root"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount -t tmpfs -o "mode=0700,uid=$user" tmpfs "$root$volume"
exec chroot --userspec="$user:$user" "$root" "$@"
"""


@frozen
class BuiltImage:
    """An image, and a container made from it."""

    root: Path
    """The container's file system."""
    config: dict[str, Any]
    """As the image has it, in Docker's words."""

    @property
    def user(self) -> str:
        return self.config["User"]

    @property
    def environment(self) -> dict[str, str]:
        return dict(variable.split("=", 1) for variable in self.config["Env"])

    @contextmanager
    def started(self, *words: str, **variables: str) -> Generator[Server, None, None]:
        """Start it.

        Args:
            words: after the entry point; none for the image's own.
            variables: as `--env`.
        """
        (volume,) = self.config["Volumes"]
        enter = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", _ENTER, "enter"]
        command = [
            *enter,
            str(self.root),
            self.user,
            volume,
            *self.config["Entrypoint"],
            *(words or self.config["Cmd"]),
        ]
        with started(command, self.environment | variables) as server:
            yield server

    def run_in(self, pid: int, *command: str, user: str | None = None, **variables: str) -> int:
        """Run a command beside a process of the container, as `exec` does; return its status."""
        identity = ["--setuid", user or self.user, "--setgid", user or self.user]
        enter = ["nsenter", "--target", str(pid), "--mount", "--pid", "--root", "--wd", *identity]
        environment = self.environment | variables
        return subprocess.run([*enter, *command], env=environment, capture_output=True, check=False).returncode


@contextmanager
def built_image() -> Generator[BuiltImage, None, None]:
    """Build the image on a base of Debian's own Python, and make a container."""
    with tempfile.TemporaryDirectory() as place:
        _build_base(Path(place))
        mounts = [f"--volume={file}:{file}:ro" for file in _TO_REACH_PACKAGES if Path(file).exists()]
        _buildah(place, "bud", "--isolation=chroot", "--pull-never", "--format=docker", *mounts, "-t", NAME, str(ROOT))
        container = _buildah(place, "from", "--pull-never", NAME).strip()
        try:
            config = json.loads(_buildah(place, "inspect", "--type=image", NAME))["Docker"]["config"]
            yield BuiltImage(Path(_buildah(place, "mount", container).strip()), config)
        finally:
            _buildah(place, "rm", container)


def _build_base(place: Path) -> None:
    """Make an image under the name of the base, which is not pulled."""
    found = re.search(r"^ARG PYTHON_IMAGE=(\S+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert found
    context = place / "base"
    context.mkdir()
    options = ["--variant=minbase", f"--include={_BASE_PACKAGES}"]
    _run("mmdebstrap", *options, "bookworm", str(context / "root.tar"))
    (context / "Dockerfile").write_text("FROM scratch\nADD root.tar /\n")
    _buildah(str(place), "bud", "--isolation=chroot", "-t", f"docker.io/library/{found[1]}", str(context))
    (context / "root.tar").unlink()


def _buildah(place: str, command: str, *words: str) -> str:
    return _run("buildah", "--storage-driver=vfs", f"--root={place}/images", f"--runroot={place}/run", command, *words)


def _run(*command: str) -> str:
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, f"{command}: {ran.stderr[-4_000:]}"
    return ran.stdout
