// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IMarketTerms} from "./IMarketTerms.sol";
import {Commitment} from "../libraries/Commitment.sol";
import {CommitmentInfo, EnergyType, Metered, Profile, Reading, Side} from "../libraries/EnergyTypes.sol";

/// @title Homes as ERC-721 tokens with collateral, and what they promise.
/// @notice Holds all the money of the marketplace: every home's collateral and the grid's account.
interface IEnergyProfile is IMarketTerms {
    /// @notice A home joined.
    /// @param profileId Its profile.
    /// @param owner Its owner.
    /// @param location Its geohash cell.
    /// @param energyType What it produces energy with.
    /// @param collateral What it brought, in wei.
    event UserRegistered(
        uint256 indexed profileId, address indexed owner, bytes6 location, EnergyType energyType, uint256 collateral
    );

    /// @notice Collateral was added.
    /// @param profileId The profile.
    /// @param from Who paid.
    /// @param amount Wei.
    event CollateralAdded(uint256 indexed profileId, address indexed from, uint256 amount);

    /// @notice Free collateral was paid out.
    /// @param profileId The profile.
    /// @param to Who received it.
    /// @param amount Wei.
    event CollateralWithdrawn(uint256 indexed profileId, address indexed to, uint256 amount);

    /// @notice A home promised energy.
    /// @param commitmentId The commitment.
    /// @param profileId The profile.
    /// @param side Production or consumption.
    /// @param amount Wh in each interval.
    /// @param start First interval.
    /// @param duration Number of intervals.
    /// @param price The feed's quote, in wei per Wh.
    /// @param reserved Collateral set aside for it, in wei.
    event CommitmentCreated(
        uint256 indexed commitmentId,
        uint256 indexed profileId,
        Side side,
        uint256 amount,
        uint256 start,
        uint256 duration,
        uint256 price,
        uint256 reserved
    );

    /// @notice A promise was withdrawn before it was deposited.
    /// @param commitmentId The commitment.
    /// @param released Collateral set free, in wei.
    event CommitmentCancelled(uint256 indexed commitmentId, uint256 released);

    /// @notice A meter reported.
    /// @param commitmentId The commitment.
    /// @param interval The interval.
    /// @param meter Who reported.
    /// @param delivered Wh counted: what was delivered, up to the promise.
    event DeliveryReported(
        uint256 indexed commitmentId, uint256 indexed interval, address indexed meter, uint256 delivered
    );

    /// @notice A home's collateral changed by what closed intervals owed it and it owed.
    /// @param profileId The profile.
    /// @param commitmentId The commitment.
    /// @param credit Wei received.
    /// @param debit Wei paid.
    /// @param released Wei of collateral set free by the claimed intervals.
    event CommitmentSettled(
        uint256 indexed profileId, uint256 indexed commitmentId, uint256 credit, uint256 debit, uint256 released
    );

    /// @notice The grid's account was filled.
    /// @param from Who paid.
    /// @param amount Wei.
    event GridFunded(address indexed from, uint256 amount);

    /// @notice The grid's account paid out.
    /// @param to Who received it.
    /// @param amount Wei.
    event GridWithdrawn(address indexed to, uint256 amount);

    /// @notice Part of the grid's account was set aside for a deposited promise to produce.
    /// @param amount Wei.
    event GridReserved(uint256 amount);

    /// @notice An interval was settled with the grid.
    /// @param change What its account gained, in wei; negative where it paid.
    /// @param released Wei of it set free.
    event GridSettled(int256 change, uint256 released);

    /// @notice The caller is not the pool.
    /// @param caller Who called.
    error CallerNotPool(address caller);

    /// @notice The caller is neither the owner nor approved by it.
    /// @param profileId The profile.
    /// @param caller Who called.
    error NotAuthorized(uint256 profileId, address caller);

    /// @notice The location is not a geohash of six characters.
    /// @param location What was given.
    error InvalidLocation(bytes6 location);

    /// @notice A payment of nothing, or of no energy.
    error ZeroAmount();

    /// @notice More energy than a commitment can hold.
    /// @param amount What was given, in Wh.
    /// @param maximum The most it may be.
    error AmountTooLarge(uint256 amount, uint256 maximum);

    /// @notice There is less free collateral than asked for.
    /// @param profileId The profile.
    /// @param needed Wei asked for.
    /// @param available Wei free.
    error InsufficientCollateral(uint256 profileId, uint256 needed, uint256 available);

    /// @notice The grid's account has less free money than asked for.
    /// @param needed Wei asked for.
    /// @param available Wei free.
    error InsufficientGridReserve(uint256 needed, uint256 available);

    /// @notice The commitment is not in the state this call needs (one that never was is in state 0).
    /// @param commitmentId The commitment.
    /// @param state Its state.
    error WrongCommitmentState(uint256 commitmentId, uint8 state);

    /// @notice The commitment is not deposited, or not for this interval.
    /// @param commitmentId The commitment.
    /// @param interval The interval.
    error NotCommitted(uint256 commitmentId, uint256 interval);

    /// @notice The commitment was reported for this interval.
    /// @param commitmentId The commitment.
    /// @param interval The interval.
    error AlreadyReported(uint256 commitmentId, uint256 interval);

    /// @notice A locked profile cannot be transferred.
    /// @param profileId The profile.
    error ProfileLocked(uint256 profileId);

    /// @notice The receiver refused the money.
    /// @param to The receiver.
    /// @param amount Wei.
    error PaymentRefused(address to, uint256 amount);

    /// @notice Joins the marketplace: mints a profile to the caller with the money sent as its collateral.
    /// @param location Geohash of six characters, lower case.
    /// @param energyType What the home produces energy with.
    /// @return profileId The new profile. The first is 1.
    function registerUser(bytes6 location, EnergyType energyType) external payable returns (uint256 profileId);

    /// @notice Adds the money sent to a profile's collateral. Anyone may.
    /// @param profileId The profile.
    function addCollateral(uint256 profileId) external payable;

    /// @notice Pays free collateral out. The owner only; works while the market is paused.
    /// @param profileId The profile.
    /// @param amount Wei.
    /// @param to The receiver.
    function withdrawCollateral(uint256 profileId, uint256 amount, address payable to) external;

    /// @notice Promises energy and reserves the most the promise can cost: amount × duration × the retail price for
    /// consumption, amount × duration × (retail − feed-in price) for production.
    /// @param profileId A profile the caller owns or is approved for.
    /// @param side Production or consumption.
    /// @param amount Wh in each interval.
    /// @param start First interval: after the current one, inside the window.
    /// @param duration Number of intervals; the last one must be inside the window, under the first one's tariff.
    /// @return commitmentId The commitment: `profileId << 24 | number`, numbered from 0 within the profile.
    function createCommitment(uint256 profileId, Side side, uint256 amount, uint256 start, uint256 duration)
        external
        returns (uint256 commitmentId);

    /// @notice Takes back a promise that was not deposited and frees its reserve. Works while the market is paused.
    /// @param commitmentId A commitment of a profile the caller owns or is approved for.
    function cancelCommitment(uint256 commitmentId) external;

    /// @notice Adds the money sent to the grid's account. GRID_ROLE only.
    function fundGrid() external payable;

    /// @notice Pays out of the grid's account what is not reserved. GRID_ROLE only.
    /// @param amount Wei.
    /// @param to The receiver.
    function withdrawGrid(uint256 amount, address payable to) external;

    /// @notice Makes a commitment binding: locks its profile, and for production sets aside what the grid could owe for it.
    /// The pool only.
    /// @param commitmentId The commitment.
    /// @param operator Who deposits: the owner or someone it approved.
    /// @return commitment The commitment, packed.
    /// @return tariffId The tariff of its intervals.
    function activate(uint256 commitmentId, address operator)
        external
        returns (Commitment commitment, uint256 tariffId);

    /// @notice Records what meters measured. The market only.
    /// @param interval The interval.
    /// @param readings What deposited commitments of that interval delivered or took; none reported before.
    /// @param meter Who reports.
    /// @return reported Their totals.
    function recordDeliveries(uint256 interval, Reading[] calldata readings, address meter)
        external
        returns (Metered memory reported);

    /// @notice Applies what claimed intervals owe and are owed. The market only.
    /// @param commitmentId The commitment.
    /// @param intervals Bit i for interval `start + i`; none claimed before.
    /// @param credit Wei the home receives.
    /// @param debit Wei the home pays, at most what the intervals had reserved.
    function settle(uint256 commitmentId, uint24 intervals, uint256 credit, uint256 debit) external;

    /// @notice Applies a closed interval to the grid's account. The market only.
    /// @param change Wei gained; negative where the grid pays, then at most `released`.
    /// @param released Wei of its reserve set free.
    function settleGrid(int256 change, uint256 released) external;

    /// @notice A profile.
    /// @param profileId The profile. Reverts where it does not exist.
    /// @return What it holds.
    function profileOf(uint256 profileId) external view returns (Profile memory);

    /// @notice Collateral that can be withdrawn or committed.
    /// @param profileId The profile.
    /// @return Wei.
    function freeCollateral(uint256 profileId) external view returns (uint256);

    /// @notice A commitment; all zero where there is none.
    /// @param commitmentId The commitment.
    /// @return What it holds.
    function commitmentOf(uint256 commitmentId) external view returns (CommitmentInfo memory);

    /// @notice A commitment as it is stored, for the other contracts.
    /// @param commitmentId The commitment.
    /// @return The word.
    function packedCommitmentOf(uint256 commitmentId) external view returns (Commitment);

    /// @notice What a meter reported about a commitment.
    /// @param commitmentId The commitment.
    /// @param interval An interval of it.
    /// @return reported Whether it was reported.
    /// @return delivered Wh counted.
    function deliveryOf(uint256 commitmentId, uint256 interval)
        external
        view
        returns (bool reported, uint256 delivered);

    /// @notice Eight readings as they are stored, for the market: those of the intervals `start + 1 + 8 × group` and on.
    /// @param commitmentId The commitment.
    /// @param group 0 to 2.
    /// @return Wh + 1 in 32 bits each, from the lowest; 0 for no reading.
    function packedReadingsOf(uint256 commitmentId, uint256 group) external view returns (uint256);

    /// @notice The grid's account.
    /// @return balance Wei it holds, what closed intervals owe it included.
    /// @return reserved Wei of it set aside for open intervals.
    function gridAccount() external view returns (uint256 balance, uint256 reserved);

    /// @notice How many profiles there are; their ids run from 1 to this.
    /// @return The number.
    function profileCount() external view returns (uint256);
}
