"""Merkle trees: proofs of one leaf and of several, recomputed the way OpenZeppelin's MerkleProof does."""

import pytest
from eth_utils import keccak
from hypothesis import given
from hypothesis import strategies as st

from dem.chain.merkle import MerkleTree, leaf_hash


def pair(first: bytes, second: bytes) -> bytes:
    return keccak(b"".join(sorted([first, second])))


def root_of(leaf: bytes, proof: list[bytes]) -> bytes:
    for sibling in proof:
        leaf = pair(leaf, sibling)
    return leaf


def root_of_several(leaves: list[bytes], proof: tuple, flags: tuple) -> bytes:
    """OpenZeppelin's processMultiProof: two queues, leaves first, then what was computed."""
    queue, rest = list(leaves), list(proof)
    for flag in flags:
        first = queue.pop(0)
        queue.append(pair(first, queue.pop(0) if flag else rest.pop(0)))
    assert not rest
    (root,) = queue
    return root


def encoded(count: int) -> list[bytes]:
    return [number.to_bytes(32, "big") for number in range(count)]


@given(st.integers(1, 40), st.data())
def test_proof__any_leaf_of_any_tree__leads_to_the_root(count, data):
    leaves = encoded(count)
    tree, position = MerkleTree(leaves), data.draw(st.integers(0, count - 1))
    assert root_of(leaf_hash(leaves[position]), tree.proof(position)) == tree.root


@given(st.integers(1, 40), st.data())
def test_multi_proof__any_leaves_of_any_tree__leads_to_the_root(count, data):
    leaves = encoded(count)
    positions = data.draw(st.sets(st.integers(0, count - 1), min_size=1))
    tree = MerkleTree(leaves)
    several = tree.multi_proof(positions)
    assert set(several.leaves) == positions
    hashes = [leaf_hash(leaves[position]) for position in several.leaves]
    assert root_of_several(hashes, several.proof, several.flags) == tree.root


def test_proof__depth__grows_with_the_logarithm():
    tree = MerkleTree(encoded(1_024))
    assert {len(tree.proof(position)) for position in range(1_024)} == {10}


def test_root__another_order_or_leaf__differs():
    first, second, third = encoded(3)
    roots = {MerkleTree(leaves).root for leaves in ([first, second, third], [third, first, second], [first, second])}
    assert len(roots) == 3


def test_leaf__is_no_inner_node():
    tree = MerkleTree(encoded(2))
    assert MerkleTree([b"".join(sorted(map(leaf_hash, encoded(2))))]).root != tree.root


def test_tree__without_leaves__is_refused():
    with pytest.raises(ValueError, match="needs a leaf"):
        MerkleTree([])


@pytest.mark.parametrize("position", [-1, 3])
def test_proof__leaf_that_is_not_there__is_refused(position):
    with pytest.raises(IndexError, match="the tree has 3"):
        MerkleTree(encoded(3)).proof(position)
