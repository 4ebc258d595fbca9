"""The public data sets, fetched once, with checksums, from fixed revisions of their repositories (needs internet)."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pooch

from dem import paths
from dem.data.errors import DataError

_GITHUB = "https://raw.githubusercontent.com"
_PAPER = f"{_GITHUB}/RasoulNik/DEM/8b2534c0ca6de38953d04e1b75df3775eea3a97d"
_CITYLEARN = f"{_GITHUB}/intelligent-environments-lab/CityLearn/b8bad3141f5efca1a78ed94090af1820b541e467"

ATTEMPTS = 2  # repeated downloads of a file before giving up


@dataclass(frozen=True)
class Dataset:
    """Files of one data set.

    Attributes:
        folder: name of its folder in ``data/raw``.
        base_url: where the files lie.
        checksums: file name → SHA-256.
    """

    folder: str
    base_url: str
    checksums: Mapping[str, str]


DATASETS = {
    "paper": Dataset(
        folder="drahix",
        base_url=f"{_PAPER}/Rl-agents/Data",
        checksums={
            "select_train_data_30m.csv": "cd180950f1322932ef114fa57b9c6c7a682bf7434d60e18fa202258607a54fc8",
            "select_test_data_30m.csv": "cd4718cc3c53bcb407a54459a2d4101c993b4010d6663c47e8a520a95e498b23",
        },
    ),
    "citylearn_2022": Dataset(
        folder="citylearn_2022_phase_1",
        base_url=f"{_CITYLEARN}/data/datasets/citylearn_challenge_2022_phase_1",
        checksums={
            "schema.json": "809b64eb09b55b2aabeb131aecaace7f54b339efe515e1dbf209ec9dbf96107a",
            "Building_1.csv": "7c80028c65f636dfdaea168447fddc1cd71da4cc16329e2e0fba1f723d2c916e",
            "Building_2.csv": "9742af5be4e83606b0f0c9a83ecc6312b860a049cbced7e6142a169769b57cf9",
            "Building_3.csv": "981b24cd13fdfc1ffc688fa7a96e83e138be073b5ec3e27cd4ce3e457bbe87f1",
            "Building_4.csv": "eff80b585e2e839b95f591914c83e6daefad01884ab8acdd381cc0ba5134a530",
            "Building_5.csv": "0579790ee34c11b8ba6b7430e1b85d0506353399da76621d018b552f8d5d62d9",
            "carbon_intensity.csv": "3f54295997075a3643a7e5ddee8d8b56fc1c63531ab4387cac77ae1888e1dd93",
            "pricing.csv": "bb94629d83146658c38015ebf8dade815c2557cd8a6c1abb7e1edc5012a483c6",
            "weather.csv": "a8b6b70d10fd854b211d63b9376e364f21d227d78ece4fadc38b09d47bb0a75f",
        },
    ),
}


def download(name: str, folder: Path = paths.RAW_DATA) -> Path:
    """Bring a data set into ``folder`` (once: what is there and intact is kept) and return its own folder.

    Args:
        name: ``"paper"`` or ``"citylearn_2022"``.
        folder: parent of the data set's folder.

    Raises:
        ValueError: for an unknown name.
        DataError: names the file that cannot be fetched or whose checksum is not the published one; such a file is
            not kept.
    """
    if name not in DATASETS:
        raise ValueError(f"unknown data set {name!r}: there are {', '.join(DATASETS)}")
    dataset = DATASETS[name]
    target = folder / dataset.folder
    pooch.get_logger().setLevel("WARNING")
    cellar = pooch.create(target, dataset.base_url + "/", registry={**dataset.checksums}, retry_if_failed=ATTEMPTS)
    for file in dataset.checksums:
        try:
            cellar.fetch(file)
        except (OSError, ValueError) as error:
            reason = f"cannot be fetched from {dataset.base_url}/{file}: {error}"
            raise DataError(target / file, reason) from error
    return target
