"""Measurements from a broker: kept before they are acknowledged, whoever goes away, and however often they come."""

import json
import logging
import time
from datetime import UTC, datetime, timedelta

import pytest
from brokers import Broker
from ledgers import SLOT, FileLedger, key

from dem.meters import Measurement, Meter, MqttSource, run
from dem.meters import __main__ as entry

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)


def message(hour: int, kwh: float = 0.42) -> bytes:
    begin = NOON + timedelta(hours=hour)
    return json.dumps({"time": begin.isoformat(), "imported_kwh": kwh, "exported_kwh": 0}).encode()


def until(condition):
    deadline = time.monotonic() + 300
    while not condition():
        assert time.monotonic() < deadline, "nothing happened in 300 s"
        time.sleep(0.005)


def polled(source: MqttSource, count: int) -> list[Measurement]:
    found = []

    def enough():
        found.extend(source.poll())
        return len(found) >= count

    until(enough)
    return found


@pytest.fixture
def broker():
    broker = Broker()
    yield broker
    broker.stop()


@pytest.fixture
def source(broker):
    source = MqttSource("127.0.0.1", "meters/1", port=broker.port)
    source._client.reconnect_delay_set(0.01, 0.01)
    until(source._client.is_connected)
    yield source
    source.close()


def test_poll__acknowledges_what_it_gave_the_time_before(broker, source):
    broker.publish(message(0))
    assert polled(source, 1) == [Measurement(NOON, 0.42, 0.0)]
    assert broker.waiting
    assert source.poll() == []
    until(lambda: not broker.waiting)


def test_poll__no_measurement__is_reported_acknowledged_and_passed_over(broker, source, caplog):
    with caplog.at_level(logging.ERROR):
        broker.publish(b"rubbish")
        broker.publish(message(1))
        assert len(polled(source, 1)) == 1
        source.poll()
    assert "meters/1: no JSON" in caplog.text
    until(lambda: not broker.waiting)


def test_poll__broker_away__is_an_os_error(broker, source):
    broker.stop()
    until(lambda: not source._client.is_connected())
    with pytest.raises(OSError, match="no connection to the broker"):
        source.poll()
    broker.start()
    until(source._client.is_connected)
    assert source.poll() == []


def test_poll__broker_refuses__says_so(broker, caplog):
    broker.refuse = True
    with caplog.at_level(logging.ERROR):
        source = MqttSource("127.0.0.1", "meters/1", port=broker.port)
        until(lambda: "the broker refuses" in caplog.text)
        source.close()


def test_run__repeated_overtaken_and_interrupted__every_reading_in_the_books_once(broker, tmp_path):
    ledger = FileLedger(tmp_path / "ledger.sqlite", now=int(NOON.timestamp()) + 20 * SLOT)
    for hour in (3, 0, 2):
        broker.publish(message(hour, hour / 10))
    for restart in range(3):
        meter = Meter.open(tmp_path / "queue.sqlite", key(), ledger)
        source = MqttSource("127.0.0.1", "meters/1", port=broker.port)
        until(source._client.is_connected)
        for hour in (4 + restart, 1):
            broker.publish(message(hour, hour / 10), times=2)
        until(lambda: source._arrived.qsize() >= 4)  # noqa: B023
        # Not asked again before it goes: the broker has no answer, and sends all of it once more.
        run(meter, source, ledger, every_s=0, rounds=1)
        source.close()
        meter.queue.close()
    first = int(NOON.timestamp()) // SLOT
    assert broker.waiting
    assert ledger.books() == {first + hour: (100 * hour, 0) for hour in range(7)}


class TestAddress:
    @pytest.mark.parametrize("address", ["mqtt://", "mqtt://broker", "mqtt:///topic", "amqp://broker/topic"])
    def test_at__no_broker_or_topic__is_refused(self, address):
        with pytest.raises(ValueError, match="address of a topic"):
            MqttSource.at(address)

    def test_command_line__address_of_a_topic__is_understood(self, monkeypatch):
        told = {}
        monkeypatch.setattr(MqttSource, "__init__", lambda self, *place, **options: told.update(options, place=place))
        monkeypatch.setenv(entry.MQTT_PASSWORD_VARIABLE, "secret")
        entry._source("mqtts://ann@broker.example/meters/+/readings")
        assert told == {
            "place": ("broker.example", "meters/+/readings"),
            "port": 8883,
            "tls": True,
            "username": "ann",
            "password": "secret",
        }
