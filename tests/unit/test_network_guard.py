"""The guard of tests/conftest.py: whatever a test does, it stays on this machine."""

import socket

import pytest
import requests


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1"])
def test_a_socket_to_another_machine_is_refused(host):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as one, pytest.raises(RuntimeError, match="loopback"):
        one.connect((host, 80))


def test_no_name_is_resolved(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "*")
    with pytest.raises(RuntimeError, match="loopback"):
        requests.get("https://api.invalid/", timeout=1)
