"""What processes run, and what they listen on, from /proc."""

import struct
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path

Address = IPv4Address | IPv6Address


def process_tree(pid: int) -> set[int]:
    """A process and all its descendants."""
    parents = {}
    for directory in Path("/proc").glob("[0-9]*"):
        try:
            # The name is in brackets and may hold blanks; the parent is two words behind it.
            parents[int(directory.name)] = int(
                (directory / "stat").read_text().rpartition(")")[2].split()[1]
            )
        except OSError:
            continue
    tree = {pid}
    while more := {child for child, parent in parents.items() if parent in tree} - tree:
        tree |= more
    return tree


def listeners(pids: Iterable[int]) -> list[Address]:
    """The local addresses that the processes listen on, each as often as they do."""
    sockets = set()
    for pid in pids:
        for descriptor in Path(f"/proc/{pid}/fd").glob("*"):
            try:
                sockets.add(descriptor.readlink().name)
            except OSError:
                continue
    found = []
    for table in ("tcp", "tcp6", "udp", "udp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            _, local, _, state, *rest = line.split()
            # 0A is LISTEN; an unconnected UDP socket has 07.
            if f"socket:[{rest[5]}]" in sockets and state in {"0A", "07"}:
                found.append(_address(local.partition(":")[0]))
    return found


def _address(hexadecimal: str) -> Address:
    """The kernel writes the words of an address in its own byte order."""
    words = [int(hexadecimal[start : start + 8], 16) for start in range(0, len(hexadecimal), 8)]
    packed = struct.pack(f"={len(words)}I", *words)
    address = ip_address(packed)
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
