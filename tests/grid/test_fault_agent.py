"""Diagnosers and the agent on a small but whole example: few events, three levels of load."""

import numpy as np
import pandas as pd
import pytest

from dem.grid import GridError, faults
from dem.grid.faults import agent, bank, evaluation

FAULT = faults.Disturbance("LLG", "675", "AB", 0.5)


@pytest.fixture(scope="module")
def world():
    simulator = faults.FaultSimulator()
    train = faults.generate(simulator, 250, 1, resistances=faults.taught_resistance)
    validation = faults.generate(simulator, 150, 2)
    simulated = faults.FaultBank.simulate(simulator, (0.65,))
    sensors = faults.Sensors(simulator.nodes)
    learned = faults.Learned(simulator.catalogue, sensors, train, agent.MEMORY, 3)
    twin = faults.Twin(simulator, simulated, sensors, train)
    both = faults.Combined(learned, twin, sensors, validation, agent.MEMORY, 4)
    alarm_from = evaluation.threshold(evaluation.diagnose(both, sensors, validation, 5, agent.MEMORY), validation)
    return {"simulator": simulator, "sensors": sensors, "learned": learned, "twin": twin, "both": both} | {
        "alarm_from": alarm_from,
        "validation": validation,
    }


@pytest.fixture
def states(world):
    world["simulator"].operate(bank.level_point(world["simulator"], 0.7))
    return world["simulator"].solve(), world["simulator"].solve(FAULT)


@pytest.fixture
def watching(world):
    return faults.FaultAgent(world["both"], world["sensors"], faults.IEEE13, world["alarm_from"])


def feed(watching, world, state, count, generator, silent=()):
    findings = []
    for _ in range(count):
        reading = world["sensors"].read(state, generator)
        reading[world["sensors"].channels["place"].isin(silent).to_numpy()] = np.nan
        findings.append(watching.observe(reading))
    return findings


def test_agent__short_circuit__is_found_named_and_placed_at_its_first_reading(world, watching, states):
    generator = np.random.default_rng(0)
    assert feed(watching, world, states[0], 12, generator) == [None] * 12
    first, *more = feed(watching, world, states[1], 4, generator)
    assert (first.kind, first.place, first.reading, first.is_first) == ("LLG", "675", 12, True)
    assert first.ohms == pytest.approx(0.5, rel=0.3)
    assert all(finding.began == 12 and not finding.is_first for finding in more)


def test_agent__fault_stays__becomes_the_new_normal(world, watching, states):
    generator = np.random.default_rng(1)
    feed(watching, world, states[0], 8, generator)
    findings = feed(watching, world, states[1], 12, generator)
    assert all(findings[:5])
    assert findings[5:] == [None] * 7


def test_agent__a_meter_is_silent__still_finds_the_fault(world, watching, states):
    generator = np.random.default_rng(2)
    feed(watching, world, states[0], 8, generator, silent=["652"])
    assert feed(watching, world, states[1], 1, generator, silent=["652", "680"])[0].kind == "LLG"


def test_agent__unusable_reading__is_refused_and_forgotten(world, watching, states):
    generator = np.random.default_rng(3)
    feed(watching, world, states[0], 8, generator)
    with pytest.raises(GridError, match="head is silent"):
        watching.observe(np.full(len(world["sensors"].channels), np.nan))
    assert feed(watching, world, states[1], 1, generator)[0].place == "675"


def test_twin__bolted_faults__are_all_placed_right_without_training(world):
    events = world["validation"]
    bolted = (events.table["resistance_ohm"] < 0.1) & ~events.table["apart"]
    chosen = events.where(bolted.to_numpy())
    found = evaluation.diagnose(world["twin"], world["sensors"], chosen, 6, agent.MEMORY)
    assert list(found.likeliest_place(faults.IEEE13)) == list(chosen.table["place"])
    assert list(found.likeliest_kind()) == list(chosen.table["fault"])


def test_evaluation__perfect_answers__score_one(world):
    events, catalogue = world["validation"], faults.IEEE13
    kinds = np.array([[0.0 if kind == fault else -9.0 for kind in faults.KINDS] for fault in events.table["fault"]])
    places = np.array([[float(place == true) for place in catalogue.places] for true in events.table["place"]])
    perfect = faults.Diagnosis(kinds, places, np.full(len(events), np.nan))
    hops = faults.hops(world["simulator"].feeder, catalogue)
    limit = evaluation.threshold(perfect, events)
    found = evaluation.score(perfect, events, limit, catalogue, hops)
    assert (found.recall, found.false_alarms, found.kind, found.bus, found.within_one) == (1, 0, 1, 1, 1)
    assert np.trace(evaluation.confusion(perfect, events, limit)) == found.faults + found.ordinary


def test_threshold__scores_overlap__keeps_to_the_allowed_false_alarms():
    generator = np.random.default_rng(0)
    table = pd.DataFrame({"fault": ["ordinary"] * 10_000 + ["SLG"] * 10_000, "apart": False})
    events = faults.Events(table, np.empty(20_000), np.empty(20_000))
    kinds = np.full((20_000, len(faults.KINDS)), -50.0)
    kinds[:, 0] = -generator.normal(0, 1, 20_000) - 2.0 * (table["fault"] == "SLG")
    diagnosis = faults.Diagnosis(kinds, np.zeros((20_000, 2)), np.zeros(20_000))
    above = diagnosis.score[:10_000] > evaluation.threshold(diagnosis, events, 0.01)
    assert above.mean() == pytest.approx(0.005, abs=5e-4)
