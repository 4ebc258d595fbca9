"""Sources: a file that grows and a device over HTTP; what is no measurement is reported and passed over."""

import http.server
import json
import logging
import threading
from datetime import UTC, datetime

import pytest
from ledgers import SLOT, FileLedger, key

from dem.meters import FileSource, HttpSource, Measurement, Meter, run

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
GOOD = {"time": "2026-07-01T12:00:00Z", "imported_kwh": 0.42, "exported_kwh": 0}


class TestFile:
    def test_poll__gives_new_lines_only__and_waits_for_the_rest_of_a_line(self, tmp_path):
        path = tmp_path / "readings.jsonl"
        line = json.dumps(GOOD)
        path.write_text(line + "\n" + line[:20])
        source = FileSource(path)
        assert source.poll() == [Measurement(NOON, 0.42, 0.0)]
        assert source.poll() == []
        with path.open("a") as file:
            file.write(line[20:] + "\n")
        assert len(source.poll()) == 1

    def test_poll__faulty_line__is_reported_with_its_number__and_the_next_one_counts(self, tmp_path, caplog):
        path = tmp_path / "readings.jsonl"
        path.write_text(f"{json.dumps(GOOD)}\nrubbish\n\n{json.dumps(GOOD)}\n")
        with caplog.at_level(logging.ERROR):
            assert len(FileSource(path).poll()) == 2
        assert "line 2: no JSON" in caplog.text

    def test_poll__no_file__is_an_os_error(self, tmp_path):
        with pytest.raises(FileNotFoundError):
            FileSource(tmp_path / "none").poll()


class TestMeasurement:
    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            ({"time": "noon"}, "not an ISO 8601 time"),
            ({"time": 5}, "not an ISO 8601 time"),
            ({"time": "2026-07-01T12:00:00"}, "no zone"),
            ({"imported_kwh": -1}, "imported_kwh must be a number from 0"),
            ({"exported_kwh": "1"}, "exported_kwh must be a number from 0"),
            ({"exported_kwh": True}, "exported_kwh must be"),
            ({"imported_kwh": float("inf")}, "imported_kwh must be"),
            ({"power": 3}, "needs exactly time"),
        ],
    )
    def test_parse__faulty_record__names_the_place(self, change, reason):
        with pytest.raises(ValueError, match=f"here: .*{reason}"):
            Measurement.parse(GOOD | change, "here")


@pytest.fixture
def device():
    """A device on the network; ``answer`` is what it tells."""

    class Handler(http.server.BaseHTTPRequestHandler):
        answer = b"[]"

        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(type(self).answer)

        def log_message(self, *arguments):
            """Nothing on the terminal."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield Handler, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


class TestHttp:
    def test_poll__gives_what_the_device_tells(self, device, caplog):
        handler, url = device
        handler.answer = json.dumps([GOOD, {"time": "?"}]).encode()
        with caplog.at_level(logging.ERROR):
            assert HttpSource(url).poll() == [Measurement(NOON, 0.42, 0.0)]
        assert "entry 1: needs exactly time" in caplog.text

    @pytest.mark.parametrize("answer", [b"busy", b"{}"])
    def test_poll__no_list_of_measurements__is_an_os_error(self, device, answer):
        handler, url = device
        handler.answer = answer
        with pytest.raises(OSError, match="answers no"):
            HttpSource(url).poll()

    def test_run__device_and_chain_away_for_a_while__brings_everything_in_the_end(self, device, tmp_path):
        handler, url = device
        handler.answer = b"busy"
        ledger = FileLedger(tmp_path / "ledger.sqlite", now=int(NOON.timestamp()) + 2 * SLOT)
        meter = Meter.open(tmp_path / "queue.sqlite", key(), ledger)

        def come_back(seconds):
            handler.answer = json.dumps([GOOD]).encode()

        run(meter, HttpSource(url), ledger, every_s=1, rounds=3, wait=come_back)
        assert list(ledger.books().values()) == [(420, 0)]
