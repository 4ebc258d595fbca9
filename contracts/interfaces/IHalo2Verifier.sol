// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @title What ezkl generates for a circuit: a verifier of its proofs, with the verifying key inside.
interface IHalo2Verifier {
    /// @notice Checks a proof. Reverts, or says false, where it does not hold.
    /// @param proof The proof.
    /// @param instances The circuit's public numbers, as elements of the scalar field of BN254.
    /// @return Whether it holds.
    function verifyProof(bytes calldata proof, uint256[] calldata instances) external view returns (bool);
}
