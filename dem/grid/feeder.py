"""A distribution feeder: power in, voltages out, solved by OpenDSS.

    >>> feeder = Feeder.ieee13(homes=pd.DataFrame({"home": ["a"], "bus": ["671"], "phase": ["B"]}))
    >>> feeder.set_power({"a": -50.0})
    >>> feeder.solve()
    >>> feeder.voltages()  # node, phase, magnitude_pu, angle_deg

Every feeder has an OpenDSS engine of its own (a context), so that several live side by side in one process.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd

from dem import paths
from dem.grid.connections import PHASES, Connections
from dem.grid.engine import opendssdirect
from dem.grid.errors import GridError, PowerFlowError
from dem.grid.topology import series_elements

IEEE13 = paths.DATA / "feeders" / "ieee13" / "master.dss"
STREETS = IEEE13.with_name("homes.csv")
LOW_PU, HIGH_PU = 0.95, 1.05
"""The voltages to keep: ANSI C84.1, range A, for services."""
# "Transformer data" of the IEEE 13-node feeder: X = 8 %, R = 1 % (half on each winding); voltage studies leave it out.
SUBSTATION_IMPEDANCE = ("edit transformer.sub xhl=8", "edit transformer.sub %rs=(0.5 0.5)")
LOWEST_TAP, HIGHEST_TAP = -16, 16
# Far tighter than OpenDSS's 1e-4: a solve starts from the last one's voltages, and the answer may not depend on them.
TOLERANCE = 1e-8
WATTS_PER_KW = 1_000
PHASE_OF_NODE = {str(number): phase for number, phase in enumerate(PHASES, start=1)}


class Feeder:
    """A feeder and the homes on it.

    Attributes:
        homes: names of the homes, in the order in which arrays of powers are given.
        nodes: one row per node and phase, columns ``node, phase, base_kv``; voltage arrays stand in this order.
        regulators: names of the voltage regulators, in the order of ``taps``.
        dss: the OpenDSS engine behind it, for what this class does not offer. What is changed through it is lost when
            a power flow diverges, as the circuit is then built anew; pass lasting changes as ``edits``.
    """

    def __init__(self, master: Path | str, homes: pd.DataFrame | None = None, edits: Sequence[str] = ()) -> None:
        """Build the circuit from an OpenDSS master file.

        Args:
            master: path of the file; paths in it are relative to its folder.
            homes: columns ``home, bus, phase`` (A, B, C); homes draw nothing until ``set_power``.
            edits: OpenDSS commands to run on the circuit once it stands.

        Raises:
            FileNotFoundError: if there is no such file.
            GridError: what OpenDSS says against the file or an edit; or names the home on a bus or phase that the
                feeder does not have.
        """
        self._master = Path(master).resolve()
        if not self._master.is_file():
            raise FileNotFoundError(f"no OpenDSS master file at {self._master}")
        self._edits = tuple(edits)
        self.dss = opendssdirect.dss.NewContext()
        self.dss.Basic.AllowForms(False)
        self._load_circuit()
        self.nodes = self._read_nodes()
        self.regulators = tuple(self.dss.RegControls.AllNames())
        table = pd.DataFrame(columns=["home", "bus", "phase"]) if homes is None else homes
        self._connections = Connections.from_table(table, self.buses)
        self.homes = self._connections.homes
        self._home_index = {home: k for k, home in enumerate(self.homes)}
        self._kw, self._kvar = np.zeros(len(self.homes)), np.zeros(len(self.homes))
        self._add_homes()
        self._solved = False

    @classmethod
    def ieee13(cls, homes: pd.DataFrame | None = None, *, substation_impedance: bool = False) -> Self:
        """The IEEE 13-node test feeder (``data/feeders/ieee13``), with the taps of the published solution.

        Args:
            homes: as for the class.
            substation_impedance: put back the substation transformer's 8 %, which the published voltages leave out and
                short circuits need.
        """
        return cls(IEEE13, homes, SUBSTATION_IMPEDANCE if substation_impedance else ())

    @property
    def buses(self) -> dict[str, set[str]]:
        """The buses and the phases that each has."""
        return self.nodes.groupby("node", sort=False)["phase"].agg(set).to_dict()

    @property
    def load_scale(self) -> float:
        """Factor on all loads of the feeder's own file; homes are not scaled."""
        return self.dss.Solution.LoadMult()

    @load_scale.setter
    def load_scale(self, factor: float) -> None:
        if not np.isfinite(factor) or factor < 0:
            raise GridError(f"load_scale must be finite and not negative, got {factor}")
        self._solved = False
        self.dss.Solution.LoadMult(float(factor))

    @property
    def taps(self) -> np.ndarray:
        """Tap positions (regulators,) int64, 0.00625 pu each from −16 to 16."""
        control, positions = self.dss.RegControls, []
        for k in range(len(self.regulators)):
            control.Idx(k + 1)
            positions.append(control.TapNumber())
        return np.array(positions, dtype=np.int64)

    @taps.setter
    def taps(self, positions: Sequence[int] | np.ndarray) -> None:
        positions = self._check_taps(positions)
        self._solved = False
        for k, position in enumerate(positions.tolist()):
            self.dss.RegControls.Idx(k + 1)
            self.dss.RegControls.TapNumber(position)

    @property
    def power_kw(self) -> np.ndarray:
        """What the homes draw (homes,) in kW, a copy."""
        return self._kw.copy()

    @property
    def home_buses(self) -> tuple[str, ...]:
        """The bus of each home."""
        return tuple(self._connections.places[k][0] for k in self._connections.place)

    @property
    def place(self) -> np.ndarray:
        """Which of the distinct (bus, phase) places each home connects to (homes,): homes of one place act as one."""
        return self._connections.place

    def set_power(
        self, kw: Mapping[str, float] | np.ndarray, kvar: Mapping[str, float] | np.ndarray | None = None
    ) -> None:
        """Set what homes draw (negative: feed in), as constant power.

        Args:
            kw: home → kW for the homes to change, or an array (homes,) for all of them.
            kvar: likewise, reactive; without it nobody's reactive power changes.

        Raises:
            GridError: names an unknown home or one whose power is not finite; nothing is changed then.
        """
        new_kw = self._powers("kw", kw, self._kw)
        new_kvar = self._powers("kvar", {} if kvar is None else kvar, self._kvar)
        self._kw, self._kvar = new_kw, new_kvar
        self._apply_power()

    def solve(self, case: str = "power flow", *, regulate: bool = False) -> None:
        """Solve for the voltages.

        Args:
            case: what to call it in an error.
            regulate: let the feeder's own regulator controls move the taps first, starting from where they are.

        Raises:
            PowerFlowError: names the case that does not converge. The circuit is built anew with the taps it had, and
                the homes draw nothing, so that later cases are solved right.
        """
        taps = self.taps if regulate else None
        self.dss.Solution.ControlMode(0 if regulate else -1)
        try:
            self.dss.Solution.Solve()
            self._volts = np.array(self.dss.Circuit.AllBusVolts()).view(complex)
            solved = self.dss.Solution.Converged() and bool(np.isfinite(self._volts).all())
            reason = "the power flow does not converge; can the feeder carry these powers?"
        except opendssdirect.DSSException as error:
            solved, reason = False, str(error)
        if not solved:
            self._rebuild(self.taps if taps is None else taps, self.load_scale)
            raise PowerFlowError(f"{case}: {reason}")
        self._solved = True

    def voltages(self) -> pd.DataFrame:
        """Node voltages: columns ``node, phase, magnitude_pu, angle_deg``, one row per node and phase."""
        voltage = self.voltage_pu()
        return self.nodes[["node", "phase"]].assign(
            magnitude_pu=np.abs(voltage), angle_deg=np.degrees(np.angle(voltage))
        )

    def voltage_pu(self) -> np.ndarray:
        """Complex node voltages (nodes,) per unit of the node's own base, in the order of ``nodes``."""
        self._require_solved()
        return self._volts / self._base_v

    @property
    def losses(self) -> float:
        """Active power lost in lines and transformers, kW."""
        self._require_solved()
        return self.dss.Circuit.Losses()[0] / WATTS_PER_KW

    def loading(self) -> pd.Series:
        """Largest phase current of each line and transformer as a share of its rating, indexed by branch."""
        self._require_solved()
        elements = self.dss.PDElements
        percent = dict(zip(map(str.lower, elements.AllNames()), elements.AllPctNorm(), strict=True))
        branches = series_elements(self.dss)
        return pd.Series([percent[branch] / 100 for branch in branches], index=pd.Index(branches, name="branch"))

    def currents(self, branch: str) -> np.ndarray:
        """Complex phase currents (phases,) in A into the first end of a branch, e.g. ``"line.650632"``."""
        self._require_solved()
        if self.dss.Circuit.SetActiveElement(branch) < 0:
            raise GridError(f"the feeder has no element {branch!r}")
        return np.array(self.dss.CktElement.Currents()).view(complex)[: self.dss.CktElement.NumPhases()]

    def _load_circuit(self) -> None:
        commands = ("clear", f'redirect "{self._master}"', *self._edits, f"set tolerance={TOLERANCE}")
        try:
            for command in commands:
                self.dss.Text.Command(command)
        except opendssdirect.DSSException as error:
            raise GridError(f"{self._master.name}: {error}") from error
        if not self.dss.Basic.NumCircuits():
            raise GridError(f"{self._master.name}: the file makes no circuit")

    def _read_nodes(self) -> pd.DataFrame:
        nodes = pd.DataFrame([name.upper().split(".") for name in self.dss.Circuit.AllNodeNames()])
        nodes.columns = ["node", "phase"]
        base = {}
        for bus in nodes["node"].unique():
            self.dss.Circuit.SetActiveBus(bus)
            base[bus] = self.dss.Bus.kVBase()
        nodes = nodes.assign(phase=nodes["phase"].replace(PHASE_OF_NODE), base_kv=nodes["node"].map(base))
        unknown = nodes.loc[~(nodes["base_kv"] > 0), "node"]
        if len(unknown):
            raise GridError(
                f"{self._master.name}: bus {unknown.iloc[0]} has no base voltage; does CalcVoltageBases run?"
            )
        self._base_v = nodes["base_kv"].to_numpy() * 1_000
        return nodes

    def _add_homes(self) -> None:
        base = self.nodes.set_index(["node", "phase"])["base_kv"]
        self._home_loads = self.dss.Loads.Count() + 1 + np.arange(len(self._connections.places))
        for bus, phase in self._connections.places:
            node = PHASES.index(phase) + 1
            # "fixed" keeps the load multiplier, meant for the feeder's own loads, off the homes.
            self.dss.Text.Command(
                f"new load.homes_{bus}_{phase} bus1={bus}.{node} phases=1 conn=wye model=1 status=fixed "
                f"kv={base[bus, phase]} kw=0 kvar=0 vminpu=0.7 vmaxpu=1.3"
            )

    def _apply_power(self) -> None:
        self._solved = False
        loads, connections = self.dss.Loads, self._connections
        kw, kvar = connections.totals(self._kw).tolist(), connections.totals(self._kvar).tolist()
        for load, active, reactive in zip(self._home_loads.tolist(), kw, kvar, strict=True):
            loads.Idx(load)
            loads.kW(active)
            loads.kvar(reactive)

    def _rebuild(self, taps: np.ndarray, scale: float) -> None:
        self._load_circuit()
        self._add_homes()
        self._kw, self._kvar = np.zeros(len(self.homes)), np.zeros(len(self.homes))
        self.taps, self.load_scale = taps, scale

    def _powers(self, name: str, given: Mapping[str, float] | np.ndarray, present: np.ndarray) -> np.ndarray:
        if isinstance(given, Mapping):
            unknown = given.keys() - self._home_index.keys()
            if unknown:
                raise GridError(f"{name}: no home {min(unknown)!r} on this feeder")
            powers = present.copy()
            powers[[self._home_index[home] for home in given]] = list(given.values())
        else:
            powers = np.array(given, dtype=np.float64)
            if powers.shape != present.shape:
                raise GridError(f"{name} must have shape {present.shape}, one value a home, got {powers.shape}")
        wrong = ~np.isfinite(powers)
        if wrong.any():
            home = int(np.argmax(wrong))
            raise GridError(f"{name} of home {self.homes[home]!r} must be finite, got {powers[home]}")
        return powers

    def _check_taps(self, positions: Sequence[int] | np.ndarray) -> np.ndarray:
        array = np.asarray(positions)
        if array.shape != (len(self.regulators),) or array.dtype.kind not in "iu":
            raise GridError(f"taps must be {len(self.regulators)} integers, one a regulator, got {positions}")
        wrong = (array < LOWEST_TAP) | (array > HIGHEST_TAP)
        if wrong.any():
            k = int(np.argmax(wrong))
            raise GridError(
                f"tap of regulator {self.regulators[k]} must be in {LOWEST_TAP}…{HIGHEST_TAP}, got {array[k]}"
            )
        return array

    def _require_solved(self) -> None:
        if not self._solved:
            raise GridError("the feeder has changed since it was last solved: call solve() first")


def streets() -> pd.DataFrame:
    """The streets on the IEEE 13-node feeder and where they connect: ``home, bus, phase``."""
    return pd.read_csv(STREETS, comment="#", dtype=str)
