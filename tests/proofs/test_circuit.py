"""One real proof, from the network to the contract; skipped without the extra ``zk``."""

import json
from dataclasses import replace

import numpy as np
import pytest

from dem.chain import ContractError, connect
from dem.chain.verified_commitments import Actions
from dem.proofs import HOW_TO_INSTALL, Circuit, IntegerNetwork, ProofError, available, circuit, state_words
from dem.studies.verified_gas import METER_KEY, Scene

INPUTS = 7


def network(seed: int) -> IntegerNetwork:
    draw = np.random.default_rng(seed).integers
    layers = (draw(-60, 61, shape) for shape in ((INPUTS, 8), 8, (8, 8), 8, 8))
    # Outputs may be larger than the circuit's digits, which are for what ReLU sees.
    return IntegerNetwork(*layers, bias3=2**31, unit=2**32)


def state(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(-128, 128, (1, INPUTS)).astype(np.int8)


def test_build__without_the_extra__says_how_to_get_it(monkeypatch, tmp_path):
    monkeypatch.setattr(circuit, "available", lambda: False)
    with pytest.raises(ProofError, match="make zk"):
        Circuit.build(network(0), 1, tmp_path)


@pytest.mark.skipif(not available(), reason=HOW_TO_INSTALL)
def test_proof__made_here__is_taken_on_chain__and_every_lie_is_refused(tmp_path):
    net, seen = network(0), state(0)
    built = Circuit.build(net, 1, tmp_path / "mine")
    proof = built.prove(seen)
    assert proof.outputs.tolist() == net.outputs(seen).tolist()
    assert built.verify()
    with pytest.raises(ProofError, match="states"):
        built.prove(np.zeros((2, INPUTS), dtype=np.int8))
    others = Circuit.build(network(1), 1, tmp_path / "other").prove(seen)
    with connect("test") as connection:
        scene = Scene.deploy(connection, net, seen, limit_wh=1_000)
        verifier, _ = scene.proof_verifier(built, built.verifier_source())
        honest = scene.actions(scene.next_interval(), seen)
        send(scene, honest, verifier, proof.proof)
        assert scene.verified.is_verified(honest.profile_id, honest.first)
        later = honest.first + 1
        lies = {
            "action": (Actions(honest.profile_id, later, honest.states, (honest.outputs[0] + 1,)), proof.proof),
            "state": (scene.actions(later, state(1)), proof.proof),
            "order": (
                Actions(honest.profile_id, later, tuple(state_words(seen[:, ::-1])), honest.outputs),
                proof.proof,
            ),
            "policy": (Actions(honest.profile_id, later, honest.states, tuple(others.outputs)), others.proof),
            "proof": (Actions(honest.profile_id, later, honest.states, honest.outputs), proof.proof[:-1] + b"\0"),
        }
        for actions, made in lies.values():
            with pytest.raises(ContractError, match="InvalidActions"):
                send(scene, actions, verifier, made)
        with pytest.raises(ContractError, match="AlreadyVerified"):
            send(scene, honest, verifier, proof.proof)


@pytest.mark.skipif(not available(), reason=HOW_TO_INSTALL)
@pytest.mark.parametrize(
    ("actions", "number", "read"), [(1, 256, 256), (1, -1, 0), (1, 2**30, None), (2, 256, 256), (2, 2**11, None)]
)
def test_circuit__number_that_is_no_byte__is_packed_as_it_is_read__or_breaks_a_constraint(
    tmp_path, actions, number, read
):
    """What bounds digits is ReLU for one action; for more a table of as many numbers as there are rows, here 2^11."""
    weightless = replace(network(0), weight1=np.zeros((INPUTS, 8), dtype=np.int64))
    built = Circuit(weightless, actions, tmp_path)
    built._compile()
    assert built.log_rows == 11
    numbers = [number] + [128] * (actions * INPUTS - 1)
    built._path("input").write_text(json.dumps({"input_data": [numbers]}))
    if read is None:
        with pytest.raises(ProofError):
            mock(built)
        return
    assert mock(built)
    packed, _ = json.loads(built._path("witness").read_text())["outputs"]
    assert circuit._whole(packed[0]) == read + sum(128 << (30 * place) for place in range(1, 4))


def mock(built):
    """Whether the constraints hold for the input; much faster than a proof."""
    circuit._run("gen_witness", *built._paths("input", "circuit", "witness"))
    return circuit._run("mock", *built._paths("witness", "circuit"))


def test_build__biases_that_float32_does_not_hold__are_refused():
    odd = replace(network(0), bias1=np.full(8, 2**25 + 1), weight2=np.zeros((8, 8), dtype=np.int64))
    with pytest.raises(ProofError, match="float32"):
        circuit._shifted_bias(odd)


def send(scene, actions, verifier, proof):
    signature = actions.signed(METER_KEY, scene.verified.domain)
    values = Actions(actions.profile_id, actions.first, actions.states, tuple(int(each) for each in actions.outputs))
    return scene.verified.commit(values, signature, verifier, proof, sender=scene.home.account)
