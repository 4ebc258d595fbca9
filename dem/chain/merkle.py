"""Merkle trees as OpenZeppelin's MerkleProof checks them: leaves hashed twice, a node's halves in order of value.

The layout is that of OpenZeppelin's ``merkle-tree`` for JavaScript: a complete binary tree in an array, leaves last.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class MultiProof:
    """A proof of several leaves at once.

    Attributes:
        leaves: positions of the leaves, in the order in which they are to be given.
        proof: hashes that do not follow from the leaves.
        flags: for each inner node from the bottom, whether its other half follows from the leaves.
    """

    leaves: tuple[int, ...]
    proof: tuple[bytes, ...]
    flags: tuple[bool, ...]


class MerkleTree:
    """A tree over encoded leaves."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        """Build it.

        Args:
            leaves: the leaves as ``abi.encode`` gives them, in any order, at least one.

        Raises:
            ValueError: there is no leaf.
        """
        if not leaves:
            raise ValueError("a tree needs a leaf")
        count = len(leaves)
        self._nodes: list[bytes] = [b""] * (count - 1) + [leaf_hash(leaf) for leaf in leaves]
        for node in range(count - 2, -1, -1):
            self._nodes[node] = _pair_hash(self._nodes[2 * node + 1], self._nodes[2 * node + 2])
        self._first_leaf = count - 1

    @property
    def root(self) -> bytes:
        """What is posted: 32 bytes."""
        return self._nodes[0]

    def proof(self, leaf: int) -> list[bytes]:
        """The hashes that lead from a leaf, by its position, to the root."""
        node, path = self._first_leaf + self._checked(leaf), []
        while node:
            path.append(self._nodes[_sibling(node)])
            node = _parent(node)
        return path

    def multi_proof(self, leaves: Iterable[int]) -> MultiProof:
        """A proof of several leaves, by their positions."""
        waiting = sorted({self._first_leaf + self._checked(leaf) for leaf in leaves}, reverse=True)
        given = tuple(node - self._first_leaf for node in waiting)
        proof, flags = [], []
        while waiting and waiting[0] != 0:
            node = waiting.pop(0)
            if waiting and waiting[0] == _sibling(node):
                flags.append(True)
                waiting.pop(0)
            else:
                flags.append(False)
                proof.append(self._nodes[_sibling(node)])
            waiting.append(_parent(node))
        return MultiProof(given, tuple(proof), tuple(flags))

    def _checked(self, leaf: int) -> int:
        if not 0 <= leaf <= self._first_leaf:
            raise IndexError(f"there is no leaf {leaf}: the tree has {self._first_leaf + 1}")
        return leaf


def leaf_hash(encoded: bytes) -> bytes:
    """Hashed twice, so that no inner node can pass for a leaf."""
    from eth_utils import keccak

    return keccak(keccak(encoded))


def _pair_hash(first: bytes, second: bytes) -> bytes:
    from eth_utils import keccak

    return keccak(min(first, second) + max(first, second))


def _sibling(node: int) -> int:
    return node + 1 if node % 2 else node - 1


def _parent(node: int) -> int:
    return (node - 1) // 2
