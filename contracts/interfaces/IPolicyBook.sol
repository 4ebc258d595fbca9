// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IActionVerifier} from "./IActionVerifier.sol";
import {IEnergyPool} from "./IEnergyPool.sol";
import {IEnergyProfile} from "./IEnergyProfile.sol";
import {IMeterRegistry} from "./IMeterRegistry.sol";

/// @notice The policy that a home has bound itself to. Two slots of storage.
/// @param policyHash Hash of its weights; zero for none.
/// @param unit The output that stands for full power into the battery.
/// @param limit Wh that full power comes to in an interval.
struct Adoption {
    bytes32 policyHash;
    int64 unit;
    uint32 limit;
}

/// @title Which policy acts for which home, who can check it, and what its meter signed.
interface IPolicyBook {
    /// @notice A verifier was found to be that of its policy.
    /// @param verifier The verifier.
    /// @param policyHash Its policy.
    event VerifierListed(IActionVerifier indexed verifier, bytes32 indexed policyHash);

    /// @notice A verifier no longer counts.
    /// @param verifier The verifier.
    event VerifierDelisted(IActionVerifier indexed verifier);

    /// @notice A home bound itself to a policy, until it adopts another.
    /// @param profileId The home.
    /// @param policyHash The policy.
    /// @param limit Wh that full power comes to in an interval.
    event PolicyAdopted(uint256 indexed profileId, bytes32 indexed policyHash, uint256 limit);

    /// @notice The actions of these intervals are those of the home's policy on what its meter signed.
    /// @param profileId The home.
    /// @param first The first interval.
    /// @param policyHash The policy.
    /// @param readingHash Hash of what the meter signed.
    /// @param energies Wh into the battery in each interval; negative out of it.
    event ActionsVerified(
        uint256 indexed profileId, uint256 indexed first, bytes32 policyHash, bytes32 readingHash, int256[] energies
    );

    /// @notice A promise was made that follows from a home's policy.
    /// @param commitmentId The commitment in the marketplace.
    /// @param profileId The home.
    /// @param interval Its interval.
    event CommitmentVerified(uint256 indexed commitmentId, uint256 indexed profileId, uint256 indexed interval);

    /// @notice The caller does not own the home.
    /// @param profileId The home.
    /// @param caller Who called.
    error NotOwner(uint256 profileId, address caller);

    /// @notice What is to check the home's actions is not its policy's.
    /// @param checker A verifier that is not listed for the policy, or weights that are not its own.
    /// @param policyHash The policy of the home; zero for none.
    error WrongPolicy(address checker, bytes32 policyHash);

    /// @notice The home has adopted no policy.
    /// @param profileId The home.
    error NoPolicy(uint256 profileId);

    /// @notice No accredited meter of this home has signed this.
    /// @param profileId The home.
    /// @param signer Who did; anyone, where what was signed is something else.
    error NotTheMeter(uint256 profileId, address signer);

    /// @notice The action of this interval is known. Nothing is proved twice.
    /// @param profileId The home.
    /// @param interval The interval.
    error AlreadyVerified(uint256 profileId, uint256 interval);

    /// @notice The outputs are not those of the policy on these states.
    /// @param profileId The home.
    /// @param first The first interval.
    error InvalidActions(uint256 profileId, uint256 first);

    /// @notice A policy without hash or unit, a battery without power, or an address where a contract is needed.
    error InvalidTerms();

    /// @notice Lists a verifier for the policy that it says it checks. AUDITOR_ROLE only, who has generated it again from the weights.
    /// @param verifier The verifier.
    function list(IActionVerifier verifier) external;

    /// @notice Takes a verifier off the list. AUDITOR_ROLE only.
    /// @param verifier The verifier.
    function delist(IActionVerifier verifier) external;

    /// @notice Binds the caller's home to the policy of a listed verifier.
    /// @param profileId The home.
    /// @param verifier One of the policy's verifiers.
    /// @param limit Wh that full power comes to in an interval.
    function adopt(uint256 profileId, IActionVerifier verifier, uint32 limit) external;

    /// @notice Stops new actions and commitments. PAUSER_ROLE only.
    function pause() external;

    /// @notice Ends the pause. PAUSER_ROLE only.
    function unpause() external;

    /// @notice The policy that acts for a home.
    /// @param profileId The home.
    /// @return Its policy; all zero where there is none.
    function adoptionOf(uint256 profileId) external view returns (Adoption memory);

    /// @notice The policy that a verifier is listed for.
    /// @param verifier The verifier.
    /// @return Its hash; zero where it is not listed.
    function listedFor(IActionVerifier verifier) external view returns (bytes32);

    /// @notice Whether the action of an interval has been verified.
    /// @param profileId The home.
    /// @param interval The interval.
    /// @return True where it has.
    function isVerified(uint256 profileId, uint256 interval) external view returns (bool);

    /// @notice Whether a commitment of the marketplace follows from the policy of its home.
    /// @param commitmentId The commitment.
    /// @return True where it was made here.
    function followsPolicy(uint256 commitmentId) external view returns (bool);

    /// @notice What the meter signs (EIP-712): `StateReadings(uint256 profileId,uint64 first,bytes32[] states)`.
    /// @param profileId The home.
    /// @param first The first interval; the states are those of the intervals from there on.
    /// @param states What the policy sees.
    /// @return The hash, domain included.
    function readingHash(uint256 profileId, uint64 first, bytes32[] calldata states) external view returns (bytes32);

    /// @notice Energy that an output stands for, rounded towards zero.
    /// @param profileId The home.
    /// @param output Of its policy.
    /// @return Wh into the battery; negative out of it.
    function energyOf(uint256 profileId, int64 output) external view returns (int256);

    /// @notice The homes.
    /// @return The contract.
    function profiles() external view returns (IEnergyProfile);

    /// @notice The book of intervals.
    /// @return The contract.
    function pool() external view returns (IEnergyPool);

    /// @notice The register of meters.
    /// @return The contract.
    function meters() external view returns (IMeterRegistry);
}
