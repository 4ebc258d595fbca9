// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {BitMaps} from "@openzeppelin/contracts/utils/structs/BitMaps.sol";

import {Administered} from "./Administered.sol";
import {IActionVerifier} from "./interfaces/IActionVerifier.sol";
import {IEnergyPool} from "./interfaces/IEnergyPool.sol";
import {IEnergyProfile} from "./interfaces/IEnergyProfile.sol";
import {IMeterRegistry} from "./interfaces/IMeterRegistry.sol";
import {Adoption, IPolicyBook} from "./interfaces/IPolicyBook.sol";
import {Side} from "./libraries/EnergyTypes.sol";
import {AUDITOR_ROLE} from "./libraries/PolicyRoles.sol";
import {PAUSER_ROLE} from "./libraries/Roles.sol";

/// @title Which policy acts for which home, who can check it, and what its meter signed.
abstract contract PolicyBook is IPolicyBook, Administered, Pausable, EIP712 {
    using BitMaps for BitMaps.BitMap;

    /// @dev keccak256 of the type of what a meter signs.
    bytes32 private constant READINGS_TYPEHASH =
        keccak256("StateReadings(uint256 profileId,uint64 first,bytes32[] states)");

    /// @inheritdoc IPolicyBook
    IEnergyProfile public immutable profiles;

    /// @inheritdoc IPolicyBook
    IEnergyPool public immutable pool;

    /// @inheritdoc IPolicyBook
    IMeterRegistry public immutable meters;

    /// @inheritdoc IPolicyBook
    mapping(IActionVerifier verifier => bytes32) public listedFor;

    mapping(uint256 profileId => Adoption) private _adoptions;
    mapping(uint256 profileId => BitMaps.BitMap intervals) private _verified;
    BitMaps.BitMap private _commitments;

    /// @dev Reverts unless the caller owns the home.
    modifier onlyOwnerOf(uint256 profileId) {
        if (msg.sender != _ownerOf(profileId)) revert NotOwner(profileId, msg.sender);
        _;
    }

    /// @param admin Receives DEFAULT_ADMIN_ROLE, which grants the others.
    /// @param pool_ The marketplace's book of intervals.
    /// @param meters_ The register of meters.
    constructor(address admin, IEnergyPool pool_, IMeterRegistry meters_) Administered(admin) {
        if (address(pool_).code.length == 0 || address(meters_).code.length == 0) revert InvalidTerms();
        pool = pool_;
        profiles = pool_.profile();
        meters = meters_;
    }

    // ------------------------------------------------------------------------------------------------ policies

    /// @inheritdoc IPolicyBook
    function list(IActionVerifier verifier) external onlyRole(AUDITOR_ROLE) {
        bytes32 policyHash = verifier.policyHash();
        if (policyHash == 0) revert InvalidTerms();
        listedFor[verifier] = policyHash;
        emit VerifierListed(verifier, policyHash);
    }

    /// @inheritdoc IPolicyBook
    function delist(IActionVerifier verifier) external onlyRole(AUDITOR_ROLE) {
        delete listedFor[verifier];
        emit VerifierDelisted(verifier);
    }

    /// @inheritdoc IPolicyBook
    function adopt(uint256 profileId, IActionVerifier verifier, uint32 limit) external onlyOwnerOf(profileId) {
        bytes32 policyHash = listedFor[verifier];
        if (policyHash == 0) revert WrongPolicy(address(verifier), policyHash);
        int64 unit = verifier.unit();
        if (unit <= 0 || limit == 0) revert InvalidTerms();
        _requireNothingPending(profileId);
        _adoptions[profileId] = Adoption(policyHash, unit, limit);
        emit PolicyAdopted(profileId, policyHash, limit);
    }

    // ------------------------------------------------------------------------------------------------ roles

    /// @inheritdoc IPolicyBook
    function pause() external onlyRole(PAUSER_ROLE) {
        _pause();
    }

    /// @inheritdoc IPolicyBook
    function unpause() external onlyRole(PAUSER_ROLE) {
        _unpause();
    }

    // ------------------------------------------------------------------------------------------------ views

    /// @inheritdoc IPolicyBook
    function adoptionOf(uint256 profileId) external view returns (Adoption memory) {
        return _adoptions[profileId];
    }

    /// @inheritdoc IPolicyBook
    function isVerified(uint256 profileId, uint256 interval) public view returns (bool) {
        return _verified[profileId].get(interval);
    }

    /// @inheritdoc IPolicyBook
    function followsPolicy(uint256 commitmentId) external view returns (bool) {
        return _commitments.get(commitmentId);
    }

    /// @inheritdoc IPolicyBook
    function readingHash(uint256 profileId, uint64 first, bytes32[] memory states) public view returns (bytes32) {
        bytes32 statesHash = keccak256(abi.encodePacked(states));
        return _hashTypedDataV4(keccak256(abi.encode(READINGS_TYPEHASH, profileId, first, statesHash)));
    }

    /// @inheritdoc IPolicyBook
    function energyOf(uint256 profileId, int64 output) external view returns (int256) {
        return _energyOf(_adopted(profileId), output);
    }

    // ------------------------------------------------------------------------------------------------ inside

    /// @dev Reverts where a home must keep its policy for now.
    function _requireNothingPending(uint256 profileId) internal view virtual {}

    /// @dev The home's policy.
    function _adopted(uint256 profileId) internal view returns (Adoption memory adoption) {
        adoption = _adoptions[profileId];
        if (adoption.policyHash == 0) revert NoPolicy(profileId);
    }

    /// @dev The home's policy, for which the verifier has to be listed.
    function _policyOf(uint256 profileId, IActionVerifier verifier) internal view returns (Adoption memory adoption) {
        adoption = _adopted(profileId);
        if (listedFor[verifier] != adoption.policyHash) revert WrongPolicy(address(verifier), adoption.policyHash);
    }

    /// @dev Marks an interval, once.
    function _mark(uint256 profileId, uint256 interval) internal {
        if (isVerified(profileId, interval)) revert AlreadyVerified(profileId, interval);
        _verified[profileId].set(interval);
    }

    /// @dev Hash of what the home's own meter signed.
    function _requireSigned(uint256 profileId, uint64 first, bytes32[] memory states, bytes calldata signature)
        internal
        view
        returns (bytes32 hash)
    {
        hash = readingHash(profileId, first, states);
        // Zero where the signature is none; nobody's meter.
        // slither-disable-next-line unused-return
        (address signer,,) = ECDSA.tryRecover(hash, signature);
        if (meters.traderOf(signer) != _ownerOf(profileId)) revert NotTheMeter(profileId, signer);
    }

    /// @dev Commits and deposits in the home's name; zero where there is nothing to promise.
    function _promise(uint256 profileId, uint256 interval, int256 energy) internal returns (uint256 commitmentId) {
        if (energy == 0) return 0;
        Side side = energy > 0 ? Side.Consumption : Side.Production;
        uint256 amount = uint256(energy > 0 ? energy : -energy);
        // The marketplace's contracts are immutable and call nobody, so nothing can come in between.
        // slither-disable-next-line reentrancy-no-eth
        commitmentId = profiles.createCommitment(profileId, side, amount, interval, 1);
        _commitments.set(commitmentId);
        emit CommitmentVerified(commitmentId, profileId, interval);
        pool.deposit(commitmentId);
    }

    /// @dev More than full power is full power.
    function _energyOf(Adoption memory adoption, int64 output) internal pure returns (int256) {
        int256 unit = adoption.unit;
        int256 share = output > unit ? unit : (output < -unit ? -unit : int256(output));
        return share * int256(uint256(adoption.limit)) / unit;
    }

    function _ownerOf(uint256 profileId) private view returns (address) {
        return IERC721(address(profiles)).ownerOf(profileId);
    }
}
