"""The command line: what stands in the way of a start is said in one line."""

import sys

import pytest

from dem.meters import __main__ as command

REGISTRY = "0x" + "11" * 20


def start(monkeypatch, tmp_path, *, key="11" * 32, registry=REGISTRY, every="1"):
    (tmp_path / "key").write_text(key)
    files = ["--source", "readings.jsonl", "--queue", str(tmp_path / "queue.sqlite"), "--key-file"]
    arguments = [*files, str(tmp_path / "key"), "--registry", registry, "--every", every, "--network", "test"]
    monkeypatch.setattr(sys, "argv", ["dem.meters", *arguments])
    with pytest.raises(SystemExit) as caught:
        command.main()
    assert not (tmp_path / "queue.sqlite").exists()
    return str(caught.value)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"registry": "0x0"}, "'0x0' is no address of a contract"),
        ({"registry": REGISTRY}, f"no contract stands at {REGISTRY}"),
    ],
)
def test_main__no_register__is_said_in_a_line(monkeypatch, tmp_path, wrong, message):
    assert start(monkeypatch, tmp_path, **wrong).startswith(f"python -m dem.meters: {message}")


@pytest.mark.parametrize("every", ["0", "-1", "nan", "soon"])
def test_main__no_time_between_rounds__is_refused(monkeypatch, tmp_path, capsys, every):
    assert start(monkeypatch, tmp_path, every=every) == "2"
    assert "--every" in capsys.readouterr().err
