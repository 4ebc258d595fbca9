"""One real proof, from the network to the contract; skipped without the extra ``zk``."""

import numpy as np
import pytest

from dem.chain import ContractError, connect
from dem.chain.verified_commitments import Actions
from dem.proofs import HOW_TO_INSTALL, Circuit, IntegerNetwork, ProofError, available, circuit
from dem.studies.verified_gas import METER_KEY, Scene

INPUTS = 4


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
            "policy": (Actions(honest.profile_id, later, honest.states, tuple(others.outputs)), others.proof),
            "proof": (Actions(honest.profile_id, later, honest.states, honest.outputs), proof.proof[:-1] + b"\0"),
        }
        for actions, made in lies.values():
            with pytest.raises(ContractError, match="InvalidActions"):
                send(scene, actions, verifier, made)
        with pytest.raises(ContractError, match="AlreadyVerified"):
            send(scene, honest, verifier, proof.proof)


def send(scene, actions, verifier, proof):
    signature = actions.signed(METER_KEY, scene.verified.domain)
    values = Actions(actions.profile_id, actions.first, actions.states, tuple(int(each) for each in actions.outputs))
    return scene.verified.commit(values, signature, verifier, proof, sender=scene.home.account)
