import hashlib
import threading
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from dem import data, paths
from dem.data import DataError, downloads
from dem.data.downloads import DATASETS


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture
def server(tmp_path):
    """A local web server over the folder `site`, and its address."""
    site = tmp_path / "site"
    site.mkdir()
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=site)) as http:
        thread = threading.Thread(target=http.serve_forever, daemon=True)
        thread.start()
        yield site, f"http://127.0.0.1:{http.server_port}"
        http.shutdown()
        thread.join()


@pytest.fixture
def published(server, monkeypatch):
    """The data set "paper" as one small file on the local server."""
    site, address = server
    (site / "homes.csv").write_bytes(b"time;load\n")
    checksum = hashlib.sha256(b"time;load\n").hexdigest()
    dataset = replace(DATASETS["paper"], base_url=address, checksums={"homes.csv": checksum})
    monkeypatch.setitem(downloads.DATASETS, "paper", dataset)
    monkeypatch.setattr(downloads, "ATTEMPTS", 0)
    return site


def test_download__intact_file__lies_in_the_data_sets_folder(published, tmp_path):
    folder = data.download("paper", tmp_path / "raw")
    assert folder == tmp_path / "raw" / "drahix"
    assert (folder / "homes.csv").read_bytes() == b"time;load\n"


def test_download__second_time__needs_no_server(published, tmp_path):
    data.download("paper", tmp_path / "raw")
    (published / "homes.csv").unlink()
    data.download("paper", tmp_path / "raw")


def test_download__other_content__is_refused_and_not_kept(published, tmp_path):
    (published / "homes.csv").write_bytes(b"something else\n")
    with pytest.raises(DataError, match="hash") as caught:
        data.download("paper", tmp_path / "raw")
    assert caught.value.path.endswith("homes.csv")
    assert [path.name for path in (tmp_path / "raw" / "drahix").iterdir()] == []


def test_download__file_missing_on_the_server__is_named(published, tmp_path):
    (published / "homes.csv").unlink()
    with pytest.raises(DataError, match="cannot be fetched from http") as caught:
        data.download("paper", tmp_path / "raw")
    assert caught.value.path.endswith("homes.csv")


def test_download__unknown_name__is_refused(tmp_path):
    with pytest.raises(ValueError, match="unknown data set 'papers': there are paper, citylearn_2022"):
        data.download("papers", tmp_path)


@pytest.mark.parametrize(("name", "folder"), [("paper", "drahix"), ("citylearn_2022", "citylearn_2022_phase_1")])
def test_checksums__real_files__are_theirs(name, folder, request):
    request.getfixturevalue(name.removesuffix("_2022"))
    real = paths.ROOT.parent / "shared" / "data" / folder
    for file, checksum in DATASETS[name].checksums.items():
        assert hashlib.sha256((real / file).read_bytes()).hexdigest() == checksum
