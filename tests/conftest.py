"""What holds for every test: none reaches out, none fails for a busy machine."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import settings

# A deadline measures the machine, not the code.
settings.register_profile("pvsignal", deadline=None)
settings.load_profile("pvsignal")


class ReachesOut(RuntimeError):
    """A test asked for a host other than this machine."""


def _is_here(host: object) -> bool:
    if isinstance(host, bytes):
        host = host.decode()
    if host in (None, "", "localhost", socket.gethostname()):
        return True
    try:
        return ipaddress.ip_address(str(host).partition("%")[0]).is_loopback
    except ValueError:
        return False


def _require_here(host: object) -> None:
    if not _is_here(host):
        raise ReachesOut(f"a test asked for {host!r}; tests use a server on loopback")


@pytest.fixture(scope="session", autouse=True)
def _loopback_only() -> Iterator[None]:
    """Let sockets connect to this machine only."""
    connect, connect_ex = socket.socket.connect, socket.socket.connect_ex
    resolve = socket.getaddrinfo

    def guarded(method: Any) -> Any:
        def ask(self: socket.socket, address: Any) -> Any:
            if self.family in (socket.AF_INET, socket.AF_INET6):
                _require_here(address[0])
            return method(self, address)

        return ask

    def resolve_here(host: Any, *args: Any, **more: Any) -> Any:
        _require_here(host)
        return resolve(host, *args, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded(connect))
        patch.setattr(socket.socket, "connect_ex", guarded(connect_ex))
        patch.setattr(socket, "getaddrinfo", resolve_here)
        yield
