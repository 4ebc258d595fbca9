import pytest
from pydantic import ValidationError

from dem import paths
from dem.studies.config import StudyConfig


class Config(StudyConfig):
    PROFILES = {"quick": {"homes": 2}, "full": {"homes": 50}}  # noqa: RUF012

    homes: int


def test_for_profile__each_profile__takes_its_own_values():
    assert [Config.for_profile(profile).homes for profile in ("quick", "full")] == [2, 50]


def test_for_profile__override__wins_over_the_profile():
    assert Config.for_profile("quick", homes=7).homes == 7


@pytest.mark.parametrize(
    ("profile", "overrides", "field"),
    [
        ("qiuck", {"homes": 1}, "profile"),
        ("quick", {"hmoes": 1}, "hmoes"),
        ("quick", {"seed": -1}, "seed"),
        ("quick", {"data": ""}, "data"),
    ],
)
def test_for_profile__bad_setting__is_refused_by_name(profile, overrides, field):
    with pytest.raises(ValidationError, match=field):
        Config.for_profile(profile, **overrides)


def test_figures__own_data__go_beside_the_published_ones(monkeypatch):
    monkeypatch.delenv("DEM_FIGURES", raising=False)
    assert Config.for_profile("full").figures == paths.FIGURES / "full"
    assert Config.for_profile("full", data="/somewhere/drahix").figures == paths.FIGURES / "full-drahix"


def test_figures__environment_variable__overrides(monkeypatch, tmp_path):
    monkeypatch.setenv("DEM_FIGURES", str(tmp_path))
    assert Config.for_profile("full").figures == tmp_path
