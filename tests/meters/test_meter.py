"""A meter: what it measures is kept and reaches the register once, whatever goes away in between."""

import contextlib
import functools
import multiprocessing
import os
import random
import time
from datetime import UTC, datetime

import pytest
from eth_account import Account
from ledgers import SLOT, Faulty, FileLedger, key

from dem import chain
from dem.chain import ContractError
from dem.chain.meters import MeterRegistry
from dem.meters import ConflictingReadingError, FileSource, Meter, edge
from dem.meters import __main__ as entry
from dem.meters import meter as meter_module

FIRST = 500_000
SEQUENCES = int(os.environ.get("DEM_FAULT_SEQUENCES") or 60)
FAULTS = ("away", "lost on the way", "forgotten by the chain", "a part handed in before", "answer lost", None)


def start(slot: int) -> datetime:
    return datetime.fromtimestamp(slot * SLOT, UTC)


def measure(meter: Meter, slot: int, imported: int, exported: int = 0) -> bool:
    return meter.measure(start(slot), imported_kwh=imported / 1_000, exported_kwh=exported / 1_000)


@pytest.fixture
def ledger(tmp_path):
    return FileLedger(tmp_path / "ledger.sqlite", now=(FIRST + 100) * SLOT)


@pytest.fixture
def meter(tmp_path, ledger):
    return Meter.open(tmp_path / "queue.sqlite", key(), ledger)


class TestMeasure:
    def test_measure__again__is_not_new(self, meter):
        assert [measure(meter, FIRST, 500), measure(meter, FIRST, 500)] == [True, False]

    def test_measure__again_with_other_numbers__is_refused(self, meter):
        measure(meter, FIRST, 500)
        with pytest.raises(ConflictingReadingError, match="500"):
            measure(meter, FIRST, 501)

    @pytest.mark.parametrize(
        ("begin", "energy", "reason"),
        [
            (datetime(2026, 1, 1), 1.0, "without zone"),
            (datetime(2026, 1, 1, 0, 1, tzinfo=UTC), 1.0, "no time slot begins"),
            (datetime(2026, 1, 1, tzinfo=UTC), -1.0, "not negative"),
            (datetime(2026, 1, 1, tzinfo=UTC), float("nan"), "finite"),
            (datetime(2026, 1, 1, tzinfo=UTC), 2.0**32, "room"),
        ],
    )
    def test_measure__faulty_measurement__is_refused_and_not_kept(self, meter, begin, energy, reason):
        with pytest.raises(ValueError, match=reason):
            meter.measure(begin, imported_kwh=energy, exported_kwh=0.0)
        assert meter.queue.waiting() == []

    def test_measure__needs_no_register_once_the_queue_has_begun(self, meter, tmp_path):
        again = Meter.open(tmp_path / "queue.sqlite", key(), None)
        assert measure(again, FIRST, 1)


class TestSubmit:
    def test_submit__brings_everything_once(self, meter, ledger):
        for n in range(5):
            measure(meter, FIRST + n, n, 10 * n)
        assert (meter.submit(ledger), meter.submit(ledger)) == (5, 0)
        assert ledger.books() == {FIRST + n: (n, 10 * n) for n in range(5)}

    def test_submit__clock_ahead__waits_for_the_slot_to_be_over(self, meter, ledger):
        for slot in (FIRST, FIRST + 100, FIRST + 1):
            measure(meter, slot, 1)
        assert meter.submit(ledger) == 1
        ledger.now += SLOT
        assert meter.submit(ledger) == 2

    def test_submit__slot_known_from_elsewhere__is_set_aside__and_the_rest_goes_on(self, meter, ledger):
        ledger.put(FIRST + 1, 7, 7)
        for n in range(3):
            measure(meter, FIRST + n, n)
        assert meter.submit(ledger) == 2
        assert meter.queue.refused() == [(FIRST + 1, 1, 0)]
        assert ledger.books()[FIRST + 1] == (7, 7)

    def test_submit__queue_lost__counts_on_and_sends_nothing_twice(self, meter, ledger, tmp_path):
        for n in range(3):
            measure(meter, FIRST + n, n)
        meter.submit(ledger)
        fresh = Meter.open(tmp_path / "fresh.sqlite", key(), ledger)
        for n in range(5):
            measure(fresh, FIRST + n, n)
        assert fresh.submit(ledger) == 2
        assert len(ledger.books()) == 5

    def test_submit__refused_for_another_reason__keeps_everything(self, meter, ledger):
        measure(meter, FIRST, 1)
        ledger.record = lambda readings: (_ for _ in ()).throw(ContractError("record", "UnknownMeter", {}))
        with pytest.raises(ContractError, match="UnknownMeter"):
            meter.submit(ledger)
        assert len(meter.queue.waiting()) == 1


@pytest.mark.parametrize("seed", range(SEQUENCES))
def test_submit__random_faults__nothing_lost_and_nothing_twice(seed, tmp_path, ledger, monkeypatch):
    """Chain away, messages lost, repeated and overtaken, answers lost, restarts, a changing key, a clock ahead."""
    monkeypatch.setattr(meter_module, "READINGS_PER_TRANSACTION", 3)
    rng, faulty = random.Random(seed), Faulty(ledger)
    meter, generation, truth = Meter.open(tmp_path / "queue.sqlite", key(), ledger), 0, {}
    for _ in range(10):
        slot = FIRST + rng.randrange(103)
        truth.setdefault(slot, rng.randrange(5_000))
        measure(meter, slot, truth[slot])
        act = rng.randrange(4)
        if act == 0:
            meter.queue.close()
            meter = Meter.open(tmp_path / "queue.sqlite", key(generation), None)
        elif act == 1:
            generation += 1
            meter.rotate(key(generation))
        else:
            faulty.fault = rng.choice(FAULTS)
            try:
                meter.submit(faulty)
            except chain.ChainError:
                faulty.fault = None
    ledger.now += 10 * SLOT
    meter.submit(ledger)
    assert ledger.books() == {slot: (imported, 0) for slot, imported in truth.items()}
    assert meter.queue.waiting() == meter.queue.refused() == []


def run_until_killed(queue, source, ledger):
    meter_module.READINGS_PER_TRANSACTION = 2
    edge.run(Meter.open(queue, key(), ledger), FileSource(source), ledger, every_s=0)


def test_edge__killed_again_and_again__resumes_exactly_once(tmp_path):
    lines = 30
    source, queue = tmp_path / "source.jsonl", tmp_path / "queue.sqlite"
    source.write_text(
        "".join(
            f'{{"time": "{start(FIRST + n).isoformat()}", "imported_kwh": {n / 1_000}, "exported_kwh": 0}}\n'
            for n in range(lines)
        )
    )
    ledger = FileLedger(tmp_path / "ledger.sqlite", now=(FIRST + 100) * SLOT, delay_s=0.01)
    process, deadline = None, time.monotonic() + 600
    for goal in (1, 5, 6, 13, 20, lines):
        process = multiprocessing.get_context("fork").Process(target=run_until_killed, args=(queue, source, ledger))
        process.start()
        while len(ledger.books()) < goal and time.monotonic() < deadline:
            time.sleep(0.002)
        process.kill()
        process.join()
    assert ledger.books() == {FIRST + n: (n, 0) for n in range(lines)}


class TestWithTheContract:
    @pytest.fixture(scope="class")
    def register(self):
        with chain.connect("test") as connection:
            yield MeterRegistry.deploy(connection, slot_s=SLOT)

    def test_submit__to_the_contract__restarts_rotation_and_interference(self, register, tmp_path):
        home = register.connection.accounts[1]
        register.accredit(Account.from_key(key()).address, home)
        slots = [register.now // SLOT - 9 + n for n in range(8)]
        meter = Meter.open(tmp_path / "queue.sqlite", key(), register)
        for slot in slots[:3]:
            measure(meter, slot, slot % 100, 5)
        # Somebody else hands in the first, and the meter dies before it knows.
        register.record(
            [meter.queue.waiting()[0].signed(key(), register.domain)], sender=register.connection.accounts[2]
        )
        meter = Meter.open(tmp_path / "queue.sqlite", key(), None)
        assert meter.submit(register) == 2
        for slot in slots[3:]:
            measure(meter, slot, slot % 100, 5)
        register.rotate(key(), key(1))
        meter.rotate(key(1))
        assert meter.submit(register) == 5
        assert [register.reading_of(home, slot) for slot in slots] == [(slot % 100, 5) for slot in slots]

    def test_command_line__file_to_the_contract(self, register, tmp_path, monkeypatch):
        home, slot = register.connection.accounts[4], register.now // SLOT - 2
        register.accredit(Account.from_key(key(8)).address, home)
        (tmp_path / "key").write_text(key(8).hex() + "\n")
        line = f'{{"time": "{start(slot).isoformat()}", "imported_kwh": 0.5, "exported_kwh": 0.1}}\n'
        (tmp_path / "readings.jsonl").write_text(line)
        options = {
            "--source": tmp_path / "readings.jsonl",
            "--queue": tmp_path / "queue.sqlite",
            "--key-file": tmp_path / "key",
            "--registry": register.registry.address,
        }
        monkeypatch.setattr("sys.argv", ["meters", *(str(part) for pair in options.items() for part in pair)])
        monkeypatch.setattr(entry.chain, "connect", lambda network: contextlib.nullcontext(register.connection))
        monkeypatch.setattr(entry, "run", functools.partial(edge.run, rounds=1))
        entry.main()
        assert register.reading_of(home, slot) == (500, 100)

    def test_submit__revoked__is_refused_and_everything_stays_queued(self, register, tmp_path):
        register.accredit(Account.from_key(key(7)).address, register.connection.accounts[3])
        meter = Meter.open(tmp_path / "queue.sqlite", key(7), register)
        measure(meter, register.now // SLOT - 2, 1)
        register.revoke(meter.address)
        with pytest.raises(ContractError, match="UnknownMeter"):
            meter.submit(register)
        assert len(meter.queue.waiting()) == 1
