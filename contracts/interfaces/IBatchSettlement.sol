// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {SignedReading} from "../libraries/SlotReadings.sol";
import {IMeterBooks} from "./IMeterBooks.sol";

/// @notice What a batch settlement is deployed with, for good.
/// @param treasury Who is credited with the half of a lost stake that the challenger does not get.
/// @param stake Wei that a poster risks with each root.
/// @param challengeWindow Seconds in which a root can be disproved.
/// @param notice Seconds between announcing a withdrawal and taking it.
/// @param maxImportPrice The most a Wh from the network may cost, in wei.
/// @param minExportPrice The least a Wh given to the network must bring, in wei.
struct SettlementTerms {
    address treasury;
    uint96 stake;
    uint32 challengeWindow;
    uint32 notice;
    uint56 maxImportPrice;
    uint56 minExportPrice;
}

/// @notice A time slot settled by one root. Three slots of storage.
struct Batch {
    bytes32 root;
    address poster;
    /// @dev Timestamp from which it stands.
    uint40 finalAt;
    /// @dev Wei per Wh that homes pay.
    uint56 importPrice;
    /// @dev Wei per Wh that homes get.
    uint56 exportPrice;
    /// @dev Wh given to the network whose homes have not claimed; the money for them lies here.
    uint64 unclaimed;
    /// @dev Whether the poster's stake is still in it.
    bool staked;
}

/// @notice A home's energy of a time slot: what a leaf of the tree says.
struct Leaf {
    address home;
    uint32 imported;
    uint32 exported;
}

/// @notice A home's claim to a time slot.
struct Claim {
    uint64 slot;
    uint32 imported;
    uint32 exported;
    bytes32[] proof;
}

/// @title One Merkle root settles a time slot for any number of homes.
interface IBatchSettlement {
    /// @notice Money came in.
    /// @param account Whose balance grew.
    /// @param amount Wei.
    event Deposited(address indexed account, uint256 amount);

    /// @notice An account will withdraw.
    /// @param account Whose.
    /// @param from Timestamp from which it may.
    event WithdrawalAnnounced(address indexed account, uint256 from);

    /// @notice Money went out.
    /// @param account Whose.
    /// @param to Who received it.
    /// @param amount Wei.
    event Withdrawn(address indexed account, address indexed to, uint256 amount);

    /// @notice A root was posted.
    /// @param slot The time slot.
    /// @param poster Who risks a stake for it.
    /// @param root The root.
    /// @param exported Wh of all leaves given to the network.
    /// @param importPrice Wei per Wh that homes pay.
    /// @param exportPrice Wei per Wh that homes get.
    event BatchPosted(
        uint256 indexed slot,
        address indexed poster,
        bytes32 root,
        uint256 exported,
        uint256 importPrice,
        uint256 exportPrice
    );

    /// @notice A root was disproved and is gone.
    /// @param slot The time slot, which waits for another.
    /// @param poster Who lost the stake.
    /// @param challenger Who gets half of it.
    event BatchRefused(uint256 indexed slot, address indexed poster, address indexed challenger);

    /// @notice A poster's stake came back.
    /// @param slot The time slot.
    /// @param poster Whose.
    event StakeReleased(uint256 indexed slot, address indexed poster);

    /// @notice A home's time slot was settled.
    /// @param home The home.
    /// @param slot The time slot.
    /// @param credit Wei for what it gave.
    /// @param debit Wei for what it took.
    event SlotSettled(address indexed home, uint256 indexed slot, uint256 credit, uint256 debit);

    /// @notice Terms without a register, a treasury, a challenge window or a stake.
    error InvalidTerms();

    /// @notice An amount of zero.
    error ZeroAmount();

    /// @notice The balance does not cover it.
    /// @param account Whose.
    /// @param needed What it would take.
    /// @param available What there is.
    error InsufficientBalance(address account, uint256 needed, uint256 available);

    /// @notice The withdrawal has not been announced, or not long enough ago.
    /// @param account Whose.
    /// @param from Timestamp from which it may; 0 without an announcement.
    error NoticeRunning(address account, uint256 from);

    /// @notice The receiver refused the money.
    /// @param to Who.
    error PaymentRefused(address to);

    /// @notice The time slot is not over.
    /// @param slot The time slot.
    /// @param end When it will be.
    error SlotNotOver(uint256 slot, uint256 end);

    /// @notice The time slot has a root.
    /// @param slot The time slot.
    error AlreadyPosted(uint256 slot);

    /// @notice The time slot has no root.
    /// @param slot The time slot.
    error NotPosted(uint256 slot);

    /// @notice No root at all.
    error EmptyRoot();

    /// @notice Prices outside the terms.
    /// @param importPrice Wei per Wh.
    /// @param exportPrice Wei per Wh.
    error PricesOutsideTerms(uint256 importPrice, uint256 exportPrice);

    /// @notice The root can still be disproved.
    /// @param slot The time slot.
    /// @param finalAt When it will stand.
    error ChallengeOpen(uint256 slot, uint256 finalAt);

    /// @notice The root stands.
    /// @param slot The time slot.
    /// @param finalAt Since when.
    error ChallengeOver(uint256 slot, uint256 finalAt);

    /// @notice The leaf is not in the tree.
    /// @param slot The time slot.
    /// @param home The leaf's home.
    error NotInTree(uint256 slot, address home);

    /// @notice The evidence disproves nothing: it says the same, is about another home or slot, or nobody's meter signed it.
    error NotDisproved();

    /// @notice A leaf appears twice in the evidence.
    /// @param home Its home.
    error RepeatedLeaf(address home);

    /// @notice All of the home's time slots in the claim are settled.
    /// @param home The home.
    /// @param slot The last of them.
    error AlreadySettled(address home, uint256 slot);

    /// @notice The leaves claim more Wh than the poster has paid for.
    /// @param slot The time slot.
    error TotalExceeded(uint256 slot);

    /// @notice The stake is not there any more.
    /// @param slot The time slot.
    error NoStake(uint256 slot);

    /// @notice Adds the money sent to the caller's balance.
    function deposit() external payable;

    /// @notice Announces a withdrawal. Until then the balance goes on paying for energy.
    function announceWithdrawal() external;

    /// @notice Takes money out of the caller's balance, once for each announcement. Works while posting is paused.
    /// @param amount Wei.
    /// @param to Who receives it.
    function withdraw(uint256 amount, address payable to) external;

    /// @notice Posts the root of a time slot that is over. Takes the stake, and the money for all that homes gave, from the caller's
    /// balance. POSTER_ROLE only.
    /// @param slot The time slot.
    /// @param root Of the tree of all homes' leaves.
    /// @param exported Wh of all leaves given to the network.
    /// @param importPrice Wei per Wh that homes pay, to the poster.
    /// @param exportPrice Wei per Wh that homes get, from the poster.
    function post(uint256 slot, bytes32 root, uint64 exported, uint56 importPrice, uint56 exportPrice) external;

    /// @notice Disproves a root with a signed reading that a leaf contradicts. Anyone may. Half of the stake is the caller's.
    /// @param slot The time slot.
    /// @param leaf The leaf.
    /// @param proof That the leaf is in the tree.
    /// @param reading What the home's accredited meter signed.
    function challenge(uint256 slot, Leaf calldata leaf, bytes32[] calldata proof, SignedReading calldata reading)
        external;

    /// @notice Disproves a root whose leaves gave more Wh to the network than its poster paid for. Anyone may. Half of the stake is
    /// the caller's.
    /// @param slot The time slot.
    /// @param leaves Leaves of different homes, in the order of the tree.
    /// @param proof Of all of them (OpenZeppelin's multiproof).
    /// @param flags Of all of them.
    function challengeTotal(uint256 slot, Leaf[] calldata leaves, bytes32[] calldata proof, bool[] calldata flags)
        external;

    /// @notice Returns the stake of a root that stands to its poster's balance. Anyone may.
    /// @param slot The time slot.
    function release(uint256 slot) external;

    /// @notice Settles time slots of a home, netted in one payment to or from its balance. Anyone may. One that is settled
    /// already is passed over, so that nobody stops many by claiming one of them before; refused where none is left.
    /// @param home The home.
    /// @param claims What the trees say of it.
    function claim(address home, Claim[] calldata claims) external;

    /// @notice Stops posting. PAUSER_ROLE only.
    function pause() external;

    /// @notice Ends the pause. PAUSER_ROLE only.
    function unpause() external;

    /// @notice A time slot's root and money.
    /// @param slot The time slot.
    /// @return The batch; all zero where there is none.
    function batchOf(uint256 slot) external view returns (Batch memory);

    /// @notice Whether a home's time slot is settled.
    /// @param home The home.
    /// @param slot The time slot.
    /// @return Whether it is.
    function isSettled(address home, uint256 slot) external view returns (bool);

    /// @notice An account's money here.
    /// @param account Whose.
    /// @return Wei.
    function balanceOf(address account) external view returns (uint256);

    /// @notice When an account may withdraw.
    /// @param account Whose.
    /// @return Timestamp; 0 without an announcement.
    function withdrawalFrom(address account) external view returns (uint256);

    /// @notice The register whose meters' signatures count.
    /// @return The contract.
    function meters() external view returns (IMeterBooks);
}
