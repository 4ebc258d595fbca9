"""Emission factors: kinds that do not stand for each other, and the publishers' CSV layouts with clear errors."""

import pandas as pd
import pytest

from dem import carbon
from dem.carbon import EmissionFactors, Kind
from dem.data import DataError

ELECTRICITY_MAPS = """\
Datetime (UTC),Country,Zone name,Zone id,Carbon intensity gCO₂eq/kWh (direct),Carbon intensity gCO₂eq/kWh (Life cycle),\
Carbon-free energy percentage (CFE%),Renewable energy percentage (RE%),Data source,Data estimated,Data estimation method
2023-12-31 22:00:00,Germany,Germany,DE,301.5,350.25,60.1,55.2,entsoe.eu,false,
2023-12-31 23:00:00,Germany,Germany,DE,280,330,62.4,57.0,entsoe.eu,true,TSA
2024-01-01 00:00:00,Germany,Germany,DE,270,320,63.9,58.1,entsoe.eu,false,
"""
OLDER = (
    "Datetime (UTC),Country,Zone Name,Zone Id,Carbon Intensity gCO₂eq/kWh (direct),Carbon Intensity gCO₂eq/kWh (LCA)\n"
    "2021-01-01 00:00:00,France,France,FR,40,55\n"
)
WATTTIME = "timestamp,MOER,MOER version\n2022-01-01T00:00:00+00:00,1000,3.2\n2022-01-01T00:05:00+00:00,980.5,3.2\n"
WATTTIME_API = "point_time,value,version\n2022-01-01T00:00:00Z,1000,3.2\n"


@pytest.fixture
def written(tmp_path):
    def write(text: str):
        path = tmp_path / "factors.csv"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def factors(kind: Kind, values=(0.3, 0.4)) -> EmissionFactors:
    index = pd.date_range("2023-07-01", periods=len(values), freq="h", tz="UTC")
    return EmissionFactors(pd.Series(values, index), kind, "test", "2023")


class TestReading:
    def test_electricity_maps__average_factors_with_source_and_vintage(self, written):
        read = carbon.read_electricity_maps(written(ELECTRICITY_MAPS))
        assert read.kind is Kind.AVERAGE
        assert (read.source, read.vintage) == ("Electricity Maps, DE, life cycle", "2023–2024")
        assert read.kg_per_kwh.tolist() == [0.35025, 0.33, 0.32]
        assert read.kg_per_kwh.index[0] == pd.Timestamp("2023-12-31 22:00", tz="UTC")

    def test_electricity_maps__direct__leaves_the_life_cycle_out(self, written):
        read = carbon.read_electricity_maps(written(ELECTRICITY_MAPS), life_cycle=False)
        assert read.kg_per_kwh.tolist() == [0.3015, 0.28, 0.27]
        assert read.source.endswith("direct")

    @pytest.mark.parametrize("scope", ["LCA", "life cycle assessment"])
    def test_electricity_maps__older_names__are_understood(self, written, scope):
        read = carbon.read_electricity_maps(written(OLDER.replace("LCA", scope)))
        assert (read.kg_per_kwh.tolist(), read.source) == ([0.055], "Electricity Maps, FR, life cycle")

    @pytest.mark.parametrize("text", [WATTTIME, WATTTIME_API], ids=["historical", "API"])
    def test_watttime__marginal_factors_from_pounds_per_mwh(self, written, text):
        read = carbon.read_watttime(written(text))
        assert (read.kind, read.vintage) == (Kind.MARGINAL, "2022")
        assert read.kg_per_kwh.iloc[0] == pytest.approx(0.45359237)

    @pytest.mark.parametrize(
        ("reader", "text", "named"),
        [
            (carbon.read_electricity_maps, WATTTIME, "needs a column of carbon intensity"),
            (carbon.read_watttime, ELECTRICITY_MAPS, "needs the columns timestamp and MOER"),
            (carbon.read_electricity_maps, ELECTRICITY_MAPS.replace("330", "n/k"), "row 3.*'n/k' is not a number"),
            (carbon.read_electricity_maps, ELECTRICITY_MAPS.replace(",320,", ",,"), "row 4.*missing"),
            (carbon.read_electricity_maps, ELECTRICITY_MAPS.replace("2023-12-31 23", "31.12.2023 23"), "row 3.*UTC"),
            (carbon.read_watttime, WATTTIME.replace("00:05", "00:00"), "row 3.*not later"),
            (carbon.read_watttime, WATTTIME.replace("980.5", "-1"), "row 3.*negative"),
            (carbon.read_watttime, WATTTIME.replace("+00:00", "+02:00"), "row 2.*not a UTC time"),
            (carbon.read_electricity_maps, ELECTRICITY_MAPS.replace("Datetime (UTC)", "Time"), "column is missing"),
        ],
    )
    def test_reading__faulty_file__names_the_place(self, written, reader, text, named):
        with pytest.raises(DataError, match=named):
            reader(written(text))

    def test_reading__no_file__is_refused(self, tmp_path):
        with pytest.raises(DataError, match="missing"):
            carbon.read_watttime(tmp_path / "none.csv")


class TestAccounting:
    def test_emissions__kwh_times_the_average_factor(self):
        average = factors(Kind.AVERAGE)
        energy = pd.Series([2.0, 1.0], average.kg_per_kwh.index)
        assert carbon.emissions(energy, average).tolist() == [0.6, 0.4]

    def test_avoided__kwh_times_the_marginal_factor(self):
        marginal = factors(Kind.MARGINAL)
        assert carbon.avoided(pd.Series([2.0], marginal.kg_per_kwh.index[1:]), marginal).tolist() == [0.8]

    @pytest.mark.parametrize(("account", "kind"), [(carbon.emissions, Kind.MARGINAL), (carbon.avoided, Kind.AVERAGE)])
    def test_accounting__factors_of_the_other_kind__is_refused(self, account, kind):
        other = factors(kind)
        with pytest.raises(ValueError, match=f"those of test are {kind}"):
            account(pd.Series([1.0, 1.0], other.kg_per_kwh.index), other)

    def test_accounting__interval_without_a_factor__is_refused(self):
        average = factors(Kind.AVERAGE)
        later = average.kg_per_kwh.index + pd.Timedelta("1h")
        with pytest.raises(ValueError, match="no factor of test for 2023-07-01 02:00"):
            carbon.emissions(pd.Series([1.0, 1.0], later), average)

    def test_whole_factors__are_rounded_grams(self):
        assert factors(Kind.AVERAGE, (0.3004, 0.4006)).whole_g_per_kwh == [300, 401]

    def test_factors__local_times_or_disorder__is_refused(self):
        index = factors(Kind.AVERAGE).kg_per_kwh.index
        for wrong, reason in ((index.tz_localize(None), "UTC"), (index[::-1], "order"), (index[[0, 0]], "order")):
            with pytest.raises(ValueError, match=reason):
                EmissionFactors(pd.Series([1.0, 2.0], wrong), Kind.AVERAGE, "test", "2023")

    @pytest.mark.parametrize("value", [float("nan"), -0.1, 350.0])
    def test_factors__missing_negative_or_in_grams__are_refused(self, value):
        with pytest.raises(ValueError, match=rf"from 0 to 2 kgCO2e/kWh, got {value} at 2023-07-01 01:00"):
            factors(Kind.AVERAGE, (0.3, value))

    def test_factors__kind_as_text__is_that_kind_or_refused(self):
        average = factors("average")
        assert carbon.emissions(pd.Series([1.0, 1.0], average.kg_per_kwh.index), average).tolist() == [0.3, 0.4]
        with pytest.raises(ValueError, match="'middling' is not a valid Kind"):
            factors("middling")
