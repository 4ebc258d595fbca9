// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {BitMaps} from "@openzeppelin/contracts/utils/structs/BitMaps.sol";
import {TransientSlot} from "@openzeppelin/contracts/utils/TransientSlot.sol";

import {Administered} from "./Administered.sol";
import {Batch, Claim, IBatchSettlement, Leaf, SettlementTerms} from "./interfaces/IBatchSettlement.sol";
import {IMeterBooks} from "./interfaces/IMeterBooks.sol";
import {PAUSER_ROLE} from "./libraries/Roles.sol";
import {SignedReading} from "./libraries/SlotReadings.sol";
import {POSTER_ROLE} from "./libraries/TrustRoles.sol";

/// @title One Merkle root settles a time slot for any number of homes.
/// @dev The contract's money is the sum of all balances, of unclaimed · exportPrice of all batches, and of the stakes in them. It
/// leaves by `withdraw` only, after the books have been changed.
contract BatchSettlement is IBatchSettlement, Administered, Pausable {
    using BitMaps for BitMaps.BitMap;
    using TransientSlot for *;

    /// @dev An account's money, one slot of storage.
    struct Account {
        uint128 balance;
        uint40 withdrawalFrom;
    }

    /// @inheritdoc IBatchSettlement
    IMeterBooks public immutable meters;

    /// @notice Who is credited with the half of a lost stake that the challenger does not get.
    address public immutable treasury;

    /// @notice Wei that a poster risks with each root.
    uint256 public immutable stake;

    /// @notice Seconds in which a root can be disproved.
    uint256 public immutable challengeWindow;

    /// @notice Seconds between announcing a withdrawal and taking it.
    uint256 public immutable notice;

    /// @notice The most a Wh from the network may cost, in wei.
    uint256 public immutable maxImportPrice;

    /// @notice The least a Wh given to the network must bring, in wei.
    uint256 public immutable minExportPrice;

    uint256 private immutable _slotLength;

    mapping(address account => Account) private _accounts;
    mapping(uint256 slot => Batch) private _batches;

    /// @dev A bit for each time slot, so that a home's slots of ten days share a word, and a home counts once, wherever and however often
    /// it stands in a tree.
    mapping(address home => BitMaps.BitMap) private _settled;

    /// @param admin Receives DEFAULT_ADMIN_ROLE, which grants the others.
    /// @param meters_ The register of meters.
    /// @param terms The terms.
    constructor(address admin, IMeterBooks meters_, SettlementTerms memory terms) Administered(admin) {
        if (address(meters_) == address(0) || terms.treasury == address(0)) revert InvalidTerms();
        if (terms.challengeWindow == 0 || terms.stake == 0) revert InvalidTerms();
        meters = meters_;
        _slotLength = meters_.slotLength();
        (treasury, stake, challengeWindow, notice) =
            (terms.treasury, terms.stake, terms.challengeWindow, terms.notice);
        (maxImportPrice, minExportPrice) = (terms.maxImportPrice, terms.minExportPrice);
    }

    // ------------------------------------------------------------------------------------------------ money

    /// @inheritdoc IBatchSettlement
    function deposit() external payable {
        if (msg.value == 0) revert ZeroAmount();
        _credit(msg.sender, msg.value);
        emit Deposited(msg.sender, msg.value);
    }

    /// @inheritdoc IBatchSettlement
    function announceWithdrawal() external {
        uint256 from = block.timestamp + notice;
        _accounts[msg.sender].withdrawalFrom = uint40(from);
        emit WithdrawalAnnounced(msg.sender, from);
    }

    /// @inheritdoc IBatchSettlement
    function withdraw(uint256 amount, address payable to) external {
        if (amount == 0) revert ZeroAmount();
        uint256 from = _accounts[msg.sender].withdrawalFrom;
        // An announcement's own timestamp, which nobody can nudge: 0 says that there is none.
        // slither-disable-next-line incorrect-equality
        if (from == 0 || block.timestamp < from) revert NoticeRunning(msg.sender, from);
        _accounts[msg.sender].withdrawalFrom = 0;
        _debit(msg.sender, amount);
        emit Withdrawn(msg.sender, to, amount);
        (bool done,) = to.call{value: amount}("");
        if (!done) revert PaymentRefused(to);
    }

    // ------------------------------------------------------------------------------------------------ roots

    /// @inheritdoc IBatchSettlement
    function post(uint256 slot, bytes32 root, uint64 exported, uint56 importPrice, uint56 exportPrice)
        external
        whenNotPaused
        onlyRole(POSTER_ROLE)
    {
        uint256 end = (slot + 1) * _slotLength;
        if (block.timestamp < end) revert SlotNotOver(slot, end);
        if (root == 0) revert EmptyRoot();
        if (_batches[slot].root != 0) revert AlreadyPosted(slot);
        if (importPrice > maxImportPrice || exportPrice < minExportPrice) {
            revert PricesOutsideTerms(importPrice, exportPrice);
        }
        _debit(msg.sender, stake + uint256(exported) * exportPrice);
        uint40 finalAt = uint40(block.timestamp + challengeWindow);
        _batches[slot] = Batch(root, msg.sender, finalAt, importPrice, exportPrice, exported, true);
        emit BatchPosted(slot, msg.sender, root, exported, importPrice, exportPrice);
    }

    /// @inheritdoc IBatchSettlement
    function challenge(uint256 slot, Leaf calldata leaf, bytes32[] calldata proof, SignedReading calldata reading)
        external
    {
        Batch memory batch = _contested(slot);
        if (!MerkleProof.verifyCalldata(proof, batch.root, _hash(leaf))) revert NotInTree(slot, leaf.home);
        bool same = reading.imported == leaf.imported && reading.exported == leaf.exported;
        if (same || reading.slot != slot || leaf.home == address(0)) revert NotDisproved();
        if (meters.homeBehind(reading) != leaf.home) revert NotDisproved();
        _refuse(slot, batch);
    }

    /// @inheritdoc IBatchSettlement
    function challengeTotal(uint256 slot, Leaf[] calldata leaves, bytes32[] calldata proof, bool[] calldata flags)
        external
    {
        Batch memory batch = _contested(slot);
        bytes32[] memory hashes = new bytes32[](leaves.length);
        uint256 total = 0;
        for (uint256 i = 0; i < leaves.length; ++i) {
            _markOnce(slot, leaves[i].home);
            hashes[i] = _hash(leaves[i]);
            total += leaves[i].exported;
        }
        if (total <= batch.unclaimed) revert NotDisproved();
        if (!MerkleProof.multiProofVerifyCalldata(proof, flags, batch.root, hashes)) {
            revert NotInTree(slot, address(0));
        }
        _refuse(slot, batch);
    }

    /// @inheritdoc IBatchSettlement
    function release(uint256 slot) external {
        Batch storage batch = _batches[slot];
        if (!batch.staked) revert NoStake(slot);
        if (block.timestamp < batch.finalAt) revert ChallengeOpen(slot, batch.finalAt);
        batch.staked = false;
        _credit(batch.poster, stake);
        emit StakeReleased(slot, batch.poster);
    }

    // ------------------------------------------------------------------------------------------------ settlement

    /// @inheritdoc IBatchSettlement
    function claim(address home, Claim[] calldata claims) external {
        uint256 credit = 0;
        uint256 debit = 0;
        uint256 known = 0;
        for (uint256 i = 0; i < claims.length; ++i) {
            (bool isNew, uint256 gained, uint256 owed) = _settle(home, claims[i]);
            if (!isNew && ++known == claims.length) revert AlreadySettled(home, claims[i].slot);
            credit += gained;
            debit += owed;
        }
        if (credit >= debit) _credit(home, credit - debit);
        else _debit(home, debit - credit);
    }

    // ------------------------------------------------------------------------------------------------ roles

    /// @inheritdoc IBatchSettlement
    function pause() external onlyRole(PAUSER_ROLE) {
        _pause();
    }

    /// @inheritdoc IBatchSettlement
    function unpause() external onlyRole(PAUSER_ROLE) {
        _unpause();
    }

    // ------------------------------------------------------------------------------------------------ views

    /// @inheritdoc IBatchSettlement
    function batchOf(uint256 slot) external view returns (Batch memory) {
        return _batches[slot];
    }

    /// @inheritdoc IBatchSettlement
    function isSettled(address home, uint256 slot) external view returns (bool) {
        return _settled[home].get(slot);
    }

    /// @inheritdoc IBatchSettlement
    function balanceOf(address account) external view returns (uint256) {
        return _accounts[account].balance;
    }

    /// @inheritdoc IBatchSettlement
    function withdrawalFrom(address account) external view returns (uint256) {
        return _accounts[account].withdrawalFrom;
    }

    // ------------------------------------------------------------------------------------------------ inside

    /// @dev A root that can be disproved now.
    function _contested(uint256 slot) private view returns (Batch memory batch) {
        batch = _batches[slot];
        // Whether there is a root: no root is zero, `post` sees to that.
        // slither-disable-next-line incorrect-equality
        if (batch.root == 0) revert NotPosted(slot);
        if (block.timestamp >= batch.finalAt) revert ChallengeOver(slot, batch.finalAt);
    }

    /// @dev Half of the stake is lost even to a poster that disproves itself.
    function _refuse(uint256 slot, Batch memory batch) private {
        delete _batches[slot];
        uint256 reward = stake / 2;
        _credit(batch.poster, uint256(batch.unclaimed) * batch.exportPrice);
        _credit(msg.sender, reward);
        _credit(treasury, stake - reward);
        emit BatchRefused(slot, batch.poster, msg.sender);
    }

    /// @dev Settles one time slot of a home, all but its own balance; passes over one that is settled already.
    function _settle(address home, Claim calldata claimed)
        private
        returns (bool isNew, uint256 credit, uint256 debit)
    {
        uint256 slot = claimed.slot;
        Batch storage batch = _batches[slot];
        bytes32 root = batch.root;
        if (root == 0) revert NotPosted(slot);
        if (block.timestamp < batch.finalAt) revert ChallengeOpen(slot, batch.finalAt);
        BitMaps.BitMap storage settled = _settled[home];
        if (settled.get(slot)) return (false, 0, 0);
        isNew = true;
        bytes32 leaf = _hash(Leaf(home, claimed.imported, claimed.exported));
        if (!MerkleProof.verifyCalldata(claimed.proof, root, leaf)) revert NotInTree(slot, home);
        uint64 unclaimed = batch.unclaimed;
        if (claimed.exported > unclaimed) revert TotalExceeded(slot);
        batch.unclaimed = unclaimed - claimed.exported;
        settled.set(slot);
        credit = uint256(claimed.exported) * batch.exportPrice;
        debit = uint256(claimed.imported) * batch.importPrice;
        _credit(batch.poster, debit);
        emit SlotSettled(home, slot, credit, debit);
    }

    /// @dev Remembers a home for the rest of the transaction; refuses it the second time.
    function _markOnce(uint256 slot, address home) private {
        TransientSlot.BooleanSlot mark = keccak256(abi.encode(slot, home)).asBoolean();
        if (mark.tload()) revert RepeatedLeaf(home);
        mark.tstore(true);
    }

    function _credit(address account, uint256 amount) private {
        if (amount != 0) _accounts[account].balance = SafeCast.toUint128(_accounts[account].balance + amount);
    }

    function _debit(address account, uint256 amount) private {
        uint256 available = _accounts[account].balance;
        if (amount > available) revert InsufficientBalance(account, amount, available);
        unchecked {
            _accounts[account].balance = uint128(available - amount);
        }
    }

    /// @dev Hashed twice, so that no inner node of a tree can pass for a leaf.
    function _hash(Leaf memory leaf) private pure returns (bytes32) {
        return keccak256(bytes.concat(keccak256(abi.encode(leaf.home, leaf.imported, leaf.exported))));
    }
}
