"""Proofs: a policy's network in whole numbers, and zero-knowledge proofs of what it answered.

- ``train``, ``IntegerAgent``, ``Outlook``: a policy small enough to be proved, in floating point and in whole numbers
- ``IntegerNetwork``, ``state_words``: the network and its states as the contracts have them
- ``Circuit``, ``Proof``, ``available``: what the extra ``zk`` adds (``make zk``)
"""

from dem.proofs.agent import IntegerAgent, Outlook, train
from dem.proofs.circuit import HOW_TO_INSTALL, Circuit, Proof, ProofError, available
from dem.proofs.integer import IntegerNetwork, state_words

__all__ = [
    "HOW_TO_INSTALL",
    "Circuit",
    "IntegerAgent",
    "IntegerNetwork",
    "Outlook",
    "Proof",
    "ProofError",
    "available",
    "state_words",
    "train",
]
