"""What the processes of a server hold: memory, threads, connections, open files (Linux)."""

from __future__ import annotations

import re
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from attrs import frozen

MIB = 1 << 20
_STORE = re.compile(r".*\.db(-journal)?")


@frozen
class Figures:
    """Sums over a process and its children."""

    memory_bytes: int
    """Resident."""
    threads: int
    upstream: int
    """Connections to ports that were named; and sockets without any, as those are that the other side has reset."""
    store: int
    """Open files of the store."""
    others: tuple[str, ...]
    """Kinds of all other descriptors, or what files they lead to; sorted."""

    def __str__(self) -> str:
        return (
            f"{self.memory_bytes / MIB:6.1f} MiB, {self.threads:3} threads, {self.upstream:2} connections upstream,"
            f" {self.store} files of the store, {len(self.others)} other descriptors"
        )


def figures_of(pid: int, upstream_ports: Collection[int]) -> Figures:
    """Measure a process and its children.

    Args:
        pid: the parent.
        upstream_ports: where connections lead that may be kept open.
    """
    pids = [pid, *map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]
    descriptors = [target for each in pids for target in _descriptors(each)]
    upstream = _upstream_of({target for target in descriptors if target.startswith("socket:")}, upstream_ports)
    others = [target for target in descriptors if target not in upstream and not _STORE.fullmatch(target)]
    return Figures(
        sum(_memory_bytes(each) for each in pids),
        sum(len([*Path(f"/proc/{each}/task").iterdir()]) for each in pids),
        sum(target in upstream for target in descriptors),
        sum(bool(_STORE.fullmatch(target)) for target in descriptors),
        tuple(sorted(re.sub(r"\[\d+\]$", "", target) for target in others)),
    )


def _memory_bytes(pid: int) -> int:
    found = re.search(r"^VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    return int(found[1]) << 10 if found else 0


def _descriptors(pid: int) -> list[str]:
    targets: list[str] = []
    for path in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(OSError):  # It may have been closed meanwhile.
            targets.append(str(path.readlink()))
    return targets


def _upstream_of(sockets: Collection[str], ports: Collection[int]) -> set[str]:
    """Return which sockets lead to these ports, or are in no table of the kernel (proc_pid_net(5)), as those are that
    were reset while they were in a pool.
    """
    known: dict[str, str] = {}
    for table, inode_at in (("tcp", 9), ("tcp6", 9), ("udp", 9), ("unix", 6)):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            row = line.split()
            known[f"socket:[{row[inode_at]}]"] = row[2] if table == "tcp" else ""
    remote = {socket: known.get(socket, "reset") for socket in sockets}
    return {
        socket
        for socket, address in remote.items()
        if address == "reset" or (address and int(address.rpartition(":")[2], 16) in ports)
    }
