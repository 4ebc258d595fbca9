import os
import random
import signal
import sqlite3
import subprocess
import sys
import time

import pytest

from dem import alerts, paths

EVENTS = 40
# Publishes the events from a given one on and delivers in the background; says which are safe on disk.
PROGRAM = f"""
import sys, time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from dem import alerts

outbox = alerts.Outbox(Path(sys.argv[1]))
routes = [alerts.Route(alerts.Webhook(sys.argv[2]))]
with alerts.Alerts(outbox, routes, rate=alerts.Rate(10_000, 60.0)) as service:
    for number in range(int(sys.argv[3]), {EVENTS}):
        time_found = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=number)
        service.publish(alerts.Event("outage", f"bus {{number}}", time_found, homes=("h1",)))
        print(number, flush=True)
        time.sleep(0.002)
    delivered = service.wait(300)
    sys.stdin.read()  # whoever kills it is never too late
    sys.exit(0 if delivered else 1)
"""


def start(outbox, url, first):
    environment = os.environ | {"PYTHONPATH": str(paths.ROOT) + os.pathsep + os.environ.get("PYTHONPATH", "")}
    command = [sys.executable, "-c", PROGRAM, str(outbox), url, str(first)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)


def kill_after(process, number, generator):
    """Kill it a moment after it has published event ``number``; the last event that it said was safe."""
    for line in process.stdout:
        if int(line) >= number:
            break
    time.sleep(generator.uniform(0, 0.02))
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    said = [int(line), *map(int, process.stdout)]
    process.stdin.close()
    process.stdout.close()
    return said[-1]


def test_outbox__process_killed_and_restarted__loses_none_and_doubles_none(tmp_path, receiver):
    path, generator, first = tmp_path / "outbox.sqlite", random.Random(7), 0
    for number in (3, 17, 30):
        first = kill_after(start(path, receiver.url, first), number, generator) + 1  # what was safe is not said again
    last = start(path, receiver.url, first)
    last.communicate(timeout=600)
    assert last.returncode == 0
    texts = [(payload["subject"], payload["home"]) for payload in receiver.accepted.values()]
    expected = {(f"outage @ bus {number}", home) for number in range(EVENTS) for home in ("", "h1")}
    assert len(texts) == len(expected)
    assert set(texts) == expected


def test_outbox__death_between_sending_and_noting__repeats_under_the_same_key(outbox, receiver, event, tmp_path):
    service = alerts.Alerts(outbox, [alerts.Route(alerts.Webhook(receiver.url))])
    service.publish(event(homes=()))
    waiting = outbox.next("webhook", alerts.Rate(), time.time())
    service.routes[0].target.send(waiting.message, waiting.key)  # … and here the process dies
    restarted = alerts.Alerts(alerts.Outbox(tmp_path / "outbox.sqlite"), service.routes)
    assert restarted.deliver_due() == 1
    assert len(receiver.requests) == 2
    assert len(receiver.accepted) == 1


def test_outbox__reopened__still_holds_what_waits(tmp_path, inbox, event):
    first = alerts.Outbox(tmp_path / "outbox.sqlite")
    alerts.Alerts(first, [alerts.Route(inbox)]).publish(event())
    first.close()
    again = alerts.Outbox(tmp_path / "outbox.sqlite")
    assert again.waiting() == {"inbox": 3}
    assert alerts.Alerts(again, [alerts.Route(inbox)]).deliver_due() == 3


def test_forget__old_messages__deletes_the_delivered_only(service, outbox, inbox, clock, event):
    service.publish(event(homes=()))
    service.deliver_due()
    inbox.failures = 1
    service.publish(event(homes=(), place="bus 675"))
    service.deliver_due()
    outbox.forget(clock.now + 1e9)
    assert list(outbox.table()["subject"]) == ["short circuit A-ground @ bus 675"]


def test_put__one_message_unusable__keeps_none_of_them(outbox, service, event):
    class Broken:
        def __iter__(self):
            yield from ()
            raise RuntimeError("no more")

    with pytest.raises(RuntimeError):
        outbox.put(Broken(), quiet_s=0, now=0)
    assert service.publish(event()) == 3


def test_outbox__file_is_no_database__is_refused_with_its_name(tmp_path):
    (tmp_path / "outbox.sqlite").write_text("hello, I am a text file and not a database at all" * 20)
    with pytest.raises(alerts.OutboxError, match=r"outbox\.sqlite cannot be used"):
        alerts.Outbox(tmp_path / "outbox.sqlite")


def test_outbox__of_another_version__is_refused(tmp_path):
    with sqlite3.connect(tmp_path / "outbox.sqlite") as database:
        database.execute("PRAGMA user_version = 99")
    with pytest.raises(alerts.OutboxError, match="version 99"):
        alerts.Outbox(tmp_path / "outbox.sqlite")


@pytest.mark.parametrize("rate", [(0, 60.0), (1, 0.0)])
def test_rate__nothing_could_pass__is_refused(rate):
    with pytest.raises(ValueError, match="at least one message"):
        alerts.Rate(*rate)
