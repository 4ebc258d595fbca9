"""Thefts and faults: what each does to a series, what the detector makes of it, and that its scores can be bad."""

import numpy as np
import pandas as pd
import pytest

from dem.meters import anomalies
from dem.meters.anomalies import (
    ATTACKS,
    EVASIONS,
    FAULTS,
    PAST_DAYS,
    TOTAL_DAYS,
    Detector,
    Examples,
    Readings,
    Street,
    falsify,
    features,
)
from dem.meters.anomalies.balance import LOSSES
from dem.meters.anomalies.readings import EXPORTED, IMPORTED

HOMES, SLOTS = 6, 24
REPLAY = {"replay": ATTACKS["replay"]}
KINDS = ATTACKS | FAULTS | EVASIONS


def street(seed: int, homes: int = HOMES, days: int = TOTAL_DAYS) -> np.ndarray:
    """Homes with a base load, an evening of their own, panels on every second roof, and days that differ."""
    generator = np.random.default_rng(seed)
    hour = np.arange(SLOTS)
    evening = 900 * np.exp(-(((hour - generator.normal(19, 1, (homes, 1, 1))) / 2) ** 2))
    base = generator.uniform(60, 120, (homes, 1, 1))
    load = (base + evening) * generator.lognormal(0, 0.2, (homes, days, SLOTS))
    sun = 1_500 * np.maximum(np.sin((hour - 6) / 12 * np.pi), 0) * generator.uniform(0.3, 1, (1, days, 1))
    net = np.rint(load - sun * (np.arange(homes) % 2)[:, None, None])
    return np.stack([np.maximum(net, 0), np.maximum(-net, 0)], axis=-1)


def examples(homes: int = HOMES) -> Examples:
    return Examples.of(Readings([str(n) for n in range(homes)], street(2, homes)), seed=1, kinds=REPLAY)


@pytest.fixture(scope="module")
def honest():
    return street(1)


@pytest.fixture(scope="module")
def detector():
    return Detector.train(examples(), seed=1, trees=20)


def after(honest: np.ndarray, kind: str) -> tuple[np.ndarray, np.ndarray]:
    """The days that are judged: as they were, and as they are reported."""
    reported = falsify(honest, KINDS[kind], np.random.default_rng(3))
    assert np.array_equal(reported[:, :PAST_DAYS], honest[:, :PAST_DAYS])
    assert np.array_equal(reported, np.rint(reported))
    assert not np.array_equal(reported, honest)
    return honest[:, PAST_DAYS:], reported[:, PAST_DAYS:]


class TestReadings:
    @staticmethod
    def table(days: float) -> pd.DataFrame:
        index = pd.date_range("2023-01-01", periods=round(48 * days), freq="30min", tz="UTC", name="time")
        return pd.DataFrame({"home": "a", "load_kwh": 0.25, "pv_kwh": np.where(index.hour < 12, 1.0, 0.0)}, index)

    def test_of__table__both_registers_in_wh_by_day(self):
        readings = Readings.of(self.table(TOTAL_DAYS + 0.5))
        assert readings.energy_wh.shape == (1, TOTAL_DAYS, 48, 2)
        assert readings.energy_wh[0, 0, :, IMPORTED].tolist() == [0] * 24 + [250] * 24
        assert readings.energy_wh[0, 0, :, EXPORTED].tolist() == [750] * 24 + [0] * 24

    def test_of__too_few_days__is_refused(self):
        with pytest.raises(ValueError, match=f"take {TOTAL_DAYS} days, the homes have 5"):
            Readings.of(self.table(5))

    def test_coarser__sums_registers(self):
        readings = Readings.of(self.table(TOTAL_DAYS))
        assert readings.coarser(2).energy_wh[0, 0].tolist() == [[0, 18_000], [6_000, 0]]
        with pytest.raises(ValueError, match="cannot be read as 5"):
            readings.coarser(5)


class TestAttacks:
    @pytest.mark.parametrize("kind", sorted(set(ATTACKS) - {"replay"}))
    def test_theft__takes_from_imports_and_leaves_exports(self, honest, kind):
        used, reported = after(honest, kind)
        assert (reported[..., IMPORTED] <= used[..., IMPORTED]).all()
        assert np.array_equal(reported[..., EXPORTED], used[..., EXPORTED])

    def test_peak_hours__leaves_the_other_hours(self, honest):
        used, reported = after(honest, "peak hours")
        touched = (used != reported).any(axis=(1, 3)).sum(axis=1)
        assert ((touched >= 4) & (touched <= 6)).all()

    def test_zeroing__four_to_eight_hours_of_every_day(self, honest):
        used, reported = after(honest, "zeroing")
        gone = ((used[..., IMPORTED] > 0) & (reported[..., IMPORTED] == 0)).sum(axis=2)
        assert gone.max() <= 8
        assert gone[::2].min() >= 4  # homes without panels use something in every hour

    def test_replay__every_day_was_there_before__and_less_is_paid(self, honest):
        used, reported = after(honest, "replay")
        for home in range(HOMES):
            past = {day.tobytes() for day in honest[home, :PAST_DAYS]}
            assert all(day.tobytes() in past for day in reported[home])
        assert reported[..., IMPORTED].sum() < used[..., IMPORTED].sum()

    def test_clipping__flat_tops(self, honest):
        _, reported = after(honest, "clipping")
        top = reported[..., IMPORTED].max(axis=(1, 2), keepdims=True)
        assert ((reported[..., IMPORTED] == top).sum(axis=(1, 2)) > 5).all()

    def test_stuck__repeats_one_reading_for_a_day_or_more(self, honest):
        _, reported = after(honest, "stuck")
        series = reported.reshape(HOMES, -1, 2)
        assert ((series[:, 1:] == series[:, :-1]).all(axis=2).sum(axis=1) >= SLOTS - 1).all()

    def test_shifted_clock__same_energy_at_other_hours(self, honest):
        used, reported = after(honest, "shifted clock")
        assert np.array_equal(reported.sum(axis=(1, 2)), used.sum(axis=(1, 2)))

    @pytest.mark.parametrize("kind", sorted(KINDS))
    def test_attack__leaves_what_was_used_as_it_is__and_reports_whole_wh(self, honest, kind):
        before = honest.copy()
        reported = falsify(honest, KINDS[kind], np.random.default_rng(4))
        assert np.array_equal(honest, before)
        assert np.array_equal(reported, np.maximum(np.rint(reported), 0))

    def test_older__same_share_in_past_and_window(self, honest):
        reported = falsify(honest, EVASIONS["older theft"], np.random.default_rng(3))[..., IMPORTED].sum(axis=2)
        shares = reported / honest[..., IMPORTED].sum(axis=2)
        assert shares == pytest.approx(np.repeat(shares[:, :1], TOTAL_DAYS, axis=1), rel=0.01)
        assert (shares < 0.85).all()

    def test_growing__begins_with_everything_and_ends_with_least(self, honest):
        reported = falsify(honest, EVASIONS["growing theft"], np.random.default_rng(3))[..., IMPORTED].sum(axis=2)
        shares = reported / honest[..., IMPORTED].sum(axis=2)
        assert shares[:, 0] == pytest.approx(1)
        assert (shares[:, -1] < 0.85).all()

    def test_noisy_replay__no_day_was_there_before(self, honest):
        reported = falsify(honest, EVASIONS["noisy replay"], np.random.default_rng(3))
        assert (features(reported, Street.of(honest))["days as before"] < 1).all()


class TestStreet:
    def test_of__home__does_not_count_among_its_neighbours(self, honest):
        changed = honest.copy()
        changed[0] *= 3
        before, after = Street.of(honest), Street.of(changed)
        assert np.array_equal(before.mean[0], after.mean[0])
        assert before.usual.loc[0].equals(after.usual.loc[0])
        assert before.mean[1] == pytest.approx(np.delete(honest, 1, axis=0).mean(axis=0))

    def test_of__one_home__is_refused(self, honest):
        with pytest.raises(ValueError, match="without neighbours"):
            Street.of(honest[:1])


class TestFeatures:
    def test_features__what_a_home_really_used__does_not_show(self, honest):
        """Beside the reports of the others, and of nobody else, a home is judged; its own truth is not there to see."""
        reported = falsify(honest, ATTACKS["scaling"], np.random.default_rng(6))
        told = honest.copy()
        told[2] = reported[2]
        beside_truth, beside_reports = (features(told, Street.of(street)) for street in (honest, told))
        pd.testing.assert_series_equal(beside_truth.loc[2], beside_reports.loc[2])

    def test_features__half_of_everything__is_seen_beside_past_and_street(self, honest):
        reported = honest.copy()
        reported[0, PAST_DAYS:, :, IMPORTED] *= 0.5
        rows = features(reported, Street.of(reported))
        assert rows["mean"][0] == pytest.approx(np.log(0.5), abs=0.1)
        assert rows["mean, beside the street"][0] == rows["mean, beside the street"].min()

    def test_features__replayed_day__is_the_nearest(self, honest):
        reported = falsify(honest, ATTACKS["replay"], np.random.default_rng(1))
        rows = features(reported, Street.of(honest))
        assert (rows["days as before"] == 1).all()
        assert (features(honest, Street.of(honest))["days as before"] == 0).all()

    def test_features__empty_meter__is_finite(self, honest):
        reported = honest.copy()
        reported[0] = 0
        assert np.isfinite(features(reported, Street.of(reported)).to_numpy()).all()


class TestExamples:
    def test_of__every_home_honest_and_replayed(self):
        learned = examples()
        assert learned.kind.tolist() == ["honest"] * HOMES + ["replay"] * HOMES
        assert learned.home.tolist() == 2 * list(range(HOMES))
        assert (learned.columns["days as before"] == (learned.kind == "replay")).all()

    def test_without__leaves_the_others(self):
        honest = examples().without("replay")
        assert set(honest.kind) == {"honest"}
        assert len(honest.columns) == len(honest.home) == HOMES


class TestDetector:
    def test_train__same_seed__same_scores(self, honest, detector):
        again = Detector.train(examples(), seed=1, trees=20)
        rows = features(honest, Street.of(honest))
        assert np.array_equal(again.score(rows), detector.score(rows))
        assert again.threshold == detector.threshold

    def test_score__replays_of_homes_not_seen__are_above_the_threshold(self, honest, detector):
        usual = Street.of(honest)
        reported = falsify(honest, ATTACKS["replay"], np.random.default_rng(5))
        assert (detector.score(features(reported, usual)) > detector.threshold).all()
        assert (detector.score(features(honest, usual)) <= detector.threshold).all()

    def test_train__too_few_homes__is_refused(self):
        with pytest.raises(ValueError, match="at least 4 homes, there are 3"):
            Detector.train(examples(homes=3), seed=1)


class TestEvaluation:
    def test_evaluate__perfect_and_blind(self, detector):
        kinds = REPLAY | {"nothing changed": lambda used, generator: used}
        scores = anomalies.evaluate(detector, Readings(list("abcdef"), street(4)), seed=1, kinds=kinds).set_index(
            "kind"
        )
        assert scores.loc["replay", ["auc", "precision_at_k", "found", "false_alarms"]].tolist() == [1, 1, 1, 0]
        assert scores.loc["nothing changed", ["auc", "found"]].tolist() == [0.5, 0]

    def test_evaluate_balance__scaling_is_seen_and_nothing_is_not(self):
        readings = Readings([str(n) for n in range(HOMES)], street(5, days=TOTAL_DAYS + 280))
        kinds = {"scaling": ATTACKS["scaling"], "nothing changed": lambda used, generator: used}
        auc = anomalies.evaluate_balance(readings, seed=1, kinds=kinds).set_index("kind")["auc"]
        assert auc["scaling"] > 0.95
        # 66 streets of each sort: the standard error of an AUC of 0.5 is 0.05.
        assert auc["nothing changed"] == pytest.approx(0.5, abs=0.15)


class TestBalance:
    def test_missing_share__usual_losses__is_nothing(self, honest):
        taken, given = honest[..., IMPORTED].sum(), honest[..., EXPORTED].sum()
        assert anomalies.missing_share(taken - given + LOSSES * taken, honest) == pytest.approx(0)

    def test_missing_share__unreported_energy__is_what_is_missing(self, honest):
        taken, given = honest[..., IMPORTED].sum(), honest[..., EXPORTED].sum()
        missing = anomalies.missing_share(taken - given + LOSSES * taken + 0.1 * taken, honest)
        assert missing == pytest.approx(0.1)
