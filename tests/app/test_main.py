"""The command line: an address that cannot be had is said before the chain is started."""

import socket
import sys

import pytest

from dem.app import __main__ as command


def refusal(monkeypatch, port):
    monkeypatch.setattr(sys, "argv", ["dem.app", "--port", str(port)])
    monkeypatch.setattr(command, "Service", None)  # no chain is started
    with pytest.raises(SystemExit) as caught:
        command.main()
    return str(caught.value)


def test_main__port_taken__is_said_in_a_line(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert refusal(monkeypatch, port).startswith(f"python -m dem.app: cannot listen at 127.0.0.1:{port}: ")


def test_main__no_port__is_said_in_a_line(monkeypatch):
    assert "cannot listen at 127.0.0.1:99999: " in refusal(monkeypatch, 99999)
