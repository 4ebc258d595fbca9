// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {IEnergyProfile} from "./interfaces/IEnergyProfile.sol";
import {IERC5192} from "./interfaces/IERC5192.sol";
import {Commitment, CommitmentBits} from "./libraries/Commitment.sol";
import {
    CommitmentInfo, CommitmentState, EnergyType, Metered, Profile, Reading, Side
} from "./libraries/EnergyTypes.sol";
import {ProfileMetadata} from "./libraries/ProfileMetadata.sol";
import {ProfileRecord, ProfileRecords} from "./libraries/ProfileRecord.sol";
import {Readings} from "./libraries/Readings.sol";
import {GRID_ROLE} from "./libraries/Roles.sol";
import {MarketTerms} from "./MarketTerms.sol";

/// @title Homes as ERC-721 tokens with collateral, and what they promise.
/// @dev The pool and the market are immutable, and they are contracts without a call that moves collateral other than
/// by settlement. So no role reaches a home's money. Money leaves by `withdrawCollateral` and `withdrawGrid` only,
/// after the books have been changed.
contract EnergyProfile is IEnergyProfile, IERC5192, ERC721, MarketTerms {

    /// @dev The grid's account: one slot.
    struct GridAccount {
        uint128 funds;
        uint128 reserved;
    }

    /// @dev Bits of a commitment's id that number it within its profile.
    uint256 private constant NUMBER_BITS = 24;

    /// @dev A reading is stored as Wh + 1 in 32 bits.
    uint256 private constant MAX_AMOUNT = type(uint32).max - 1;

    /// @notice The book of intervals.
    address public immutable pool;

    /// @inheritdoc IEnergyProfile
    uint256 public profileCount;

    GridAccount private _grid;
    mapping(uint256 profileId => ProfileRecord) private _profiles;
    mapping(uint256 commitmentId => Commitment) private _commitments;
    /// @dev Readings after a commitment's first, which is in the commitment. Key: `commitmentId << 8 | group`.
    mapping(uint256 key => uint256 readings) private _readings;

    /// @dev Reverts unless the pool calls.
    modifier onlyPool() {
        if (msg.sender != pool) revert CallerNotPool(msg.sender);
        _;
    }

    /// @dev Created by the pool, whose address it keeps.
    /// @param market_ The market.
    /// @param length Seconds in an interval.
    /// @param retail What a Wh from the grid costs at first, in wei.
    /// @param feedIn What the grid pays for a Wh at first, in wei.
    constructor(address market_, uint256 length, uint56 retail, uint56 feedIn)
        ERC721("Energy Profile", "ENERGY")
        MarketTerms(market_, length, retail, feedIn)
    {
        pool = msg.sender;
    }

    // ------------------------------------------------------------------------------------------------ homes

    /// @inheritdoc IEnergyProfile
    function registerUser(bytes6 location, EnergyType energyType)
        external
        payable
        whenNotPaused
        returns (uint256 profileId)
    {
        if (!ProfileMetadata.isGeohash(location)) revert InvalidLocation(location);
        profileId = ++profileCount;
        _profiles[profileId] = ProfileRecords.create(msg.value, energyType, location);
        // Not _safeMint: a callback to the caller would serve nobody here.
        _mint(msg.sender, profileId);
        emit Unlocked(profileId);
        emit UserRegistered(profileId, msg.sender, location, energyType, msg.value);
    }

    /// @inheritdoc IEnergyProfile
    function addCollateral(uint256 profileId) external payable {
        _requireOwned(profileId);
        if (msg.value == 0) revert ZeroAmount();
        ProfileRecord profile = _profiles[profileId];
        _profiles[profileId] = profile.withMoney(profile.collateral() + msg.value, profile.reserved());
        emit CollateralAdded(profileId, msg.sender, msg.value);
    }

    /// @inheritdoc IEnergyProfile
    function withdrawCollateral(uint256 profileId, uint256 amount, address payable to) external {
        if (msg.sender != _requireOwned(profileId)) revert NotAuthorized(profileId, msg.sender);
        if (amount == 0) revert ZeroAmount();
        ProfileRecord profile = _profiles[profileId];
        if (amount > profile.free()) revert InsufficientCollateral(profileId, amount, profile.free());
        _profiles[profileId] = profile.withMoney(profile.collateral() - amount, profile.reserved());
        emit CollateralWithdrawn(profileId, to, amount);
        _pay(to, amount);
    }

    // ------------------------------------------------------------------------------------------------ promises

    /// @inheritdoc IEnergyProfile
    function createCommitment(uint256 profileId, Side side, uint256 amount, uint256 start, uint256 duration)
        external
        returns (uint256 commitmentId)
    {
        _requireAuthorized(profileId, msg.sender);
        if (amount == 0) revert ZeroAmount();
        if (amount > MAX_AMOUNT) revert AmountTooLarge(amount, MAX_AMOUNT);
        (uint56 quote, uint56 retail, uint56 feedIn) = termsFor(start, duration);
        uint56 rate = side == Side.Consumption ? retail : retail - feedIn;
        uint256 needed = amount * duration * rate;
        commitmentId = (profileId << NUMBER_BITS) | _reserve(profileId, needed);
        _commitments[commitmentId] = CommitmentBits.create(amount, quote, rate, start, duration, side);
        emit CommitmentCreated(commitmentId, profileId, side, amount, start, duration, quote, needed);
    }

    /// @inheritdoc IEnergyProfile
    function cancelCommitment(uint256 commitmentId) external {
        uint256 profileId = commitmentId >> NUMBER_BITS;
        _requireAuthorized(profileId, msg.sender);
        Commitment commitment = _commitments[commitmentId];
        _requireCreated(commitmentId, commitment);
        _commitments[commitmentId] = commitment.withState(CommitmentState.Cancelled);
        uint256 released = commitment.amount() * commitment.duration() * commitment.rate();
        ProfileRecord profile = _profiles[profileId];
        _profiles[profileId] = profile.withMoney(profile.collateral(), profile.reserved() - released);
        emit CommitmentCancelled(commitmentId, released);
    }

    /// @inheritdoc IEnergyProfile
    function activate(uint256 commitmentId, address operator)
        external
        onlyPool
        whenNotPaused
        returns (Commitment commitment, uint256 tariffId)
    {
        uint256 profileId = commitmentId >> NUMBER_BITS;
        _requireAuthorized(profileId, operator);
        commitment = _commitments[commitmentId];
        _requireCreated(commitmentId, commitment);
        _requireNotStarted(commitment.start());
        uint256 feedIn;
        (tariffId,, feedIn) = _tariffAt(commitment.start(), commitment.duration());
        if (commitment.isProduction()) _reserveGrid(commitment.amount() * commitment.duration() * feedIn);
        _commitments[commitmentId] = commitment.withState(CommitmentState.Deposited);
        ProfileRecord profile = _profiles[profileId];
        _profiles[profileId] = profile.withOneMoreActive();
        if (profile.active() == 0) emit Locked(profileId);
    }

    /// @inheritdoc IEnergyProfile
    function recordDeliveries(uint256 interval, Reading[] calldata readings, address meter)
        external
        onlyMarket
        returns (Metered memory reported)
    {
        for (uint256 i = 0; i < readings.length; ++i) {
            uint256 commitmentId = readings[i].commitmentId;
            (Commitment commitment, uint56 counted) = _record(commitmentId, interval, readings[i].delivered);
            if (commitment.isProduction()) {
                reported.promisedSupply += uint56(commitment.amount());
                reported.supply += counted;
            } else {
                reported.promisedDemand += uint56(commitment.amount());
                reported.demand += counted;
            }
            emit DeliveryReported(commitmentId, interval, meter, counted);
        }
    }

    /// @inheritdoc IEnergyProfile
    function settle(uint256 commitmentId, uint24 intervals, uint256 credit, uint256 debit) external onlyMarket {
        uint256 profileId = commitmentId >> NUMBER_BITS;
        Commitment commitment = _commitments[commitmentId].withClaimed(intervals);
        ProfileRecord profile = _profiles[profileId];
        uint256 released = _bitCount(intervals) * commitment.amount() * commitment.rate();
        profile = profile.withMoney(profile.collateral() + credit - debit, profile.reserved() - released);
        if (commitment.allClaimed()) {
            commitment = commitment.withState(CommitmentState.Settled);
            profile = profile.withOneLessActive();
            if (profile.active() == 0) emit Unlocked(profileId);
        }
        _profiles[profileId] = profile;
        _commitments[commitmentId] = commitment;
        emit CommitmentSettled(profileId, commitmentId, credit, debit, released);
    }

    // ------------------------------------------------------------------------------------------------ the grid

    /// @inheritdoc IEnergyProfile
    function fundGrid() external payable onlyRole(GRID_ROLE) {
        if (msg.value == 0) revert ZeroAmount();
        _grid.funds = SafeCast.toUint128(_grid.funds + msg.value);
        emit GridFunded(msg.sender, msg.value);
    }

    /// @inheritdoc IEnergyProfile
    function withdrawGrid(uint256 amount, address payable to) external onlyRole(GRID_ROLE) {
        if (amount == 0) revert ZeroAmount();
        uint256 available = _grid.funds - _grid.reserved;
        if (amount > available) revert InsufficientGridReserve(amount, available);
        _grid.funds = SafeCast.toUint128(_grid.funds - amount);
        emit GridWithdrawn(to, amount);
        _pay(to, amount);
    }

    /// @inheritdoc IEnergyProfile
    function settleGrid(int256 change, uint256 released) external onlyMarket {
        GridAccount memory grid = _grid;
        grid.funds = SafeCast.toUint128(SafeCast.toUint256(int256(uint256(grid.funds)) + change));
        grid.reserved = SafeCast.toUint128(grid.reserved - released);
        _grid = grid;
        emit GridSettled(change, released);
    }

    // ------------------------------------------------------------------------------------------------ views

    /// @inheritdoc IEnergyProfile
    function profileOf(uint256 profileId) external view returns (Profile memory) {
        _requireOwned(profileId);
        return _profiles[profileId].unpack();
    }

    /// @inheritdoc IEnergyProfile
    function freeCollateral(uint256 profileId) external view returns (uint256) {
        _requireOwned(profileId);
        return _profiles[profileId].free();
    }

    /// @inheritdoc IEnergyProfile
    function commitmentOf(uint256 commitmentId) external view returns (CommitmentInfo memory) {
        return _commitments[commitmentId].unpack();
    }

    /// @inheritdoc IEnergyProfile
    function packedCommitmentOf(uint256 commitmentId) external view returns (Commitment) {
        return _commitments[commitmentId];
    }

    /// @inheritdoc IEnergyProfile
    function deliveryOf(uint256 commitmentId, uint256 interval)
        external
        view
        returns (bool reported, uint256 delivered)
    {
        Commitment commitment = _commitments[commitmentId];
        if (!commitment.covers(interval)) revert NotCommitted(commitmentId, interval);
        uint256 reading = _readingOf(commitmentId, commitment, interval - commitment.start());
        return reading == 0 ? (false, 0) : (true, reading - 1);
    }

    /// @inheritdoc IEnergyProfile
    function packedReadingsOf(uint256 commitmentId, uint256 group) external view returns (uint256) {
        return _readings[(commitmentId << 8) | group];
    }

    /// @inheritdoc IEnergyProfile
    function gridAccount() external view returns (uint256 balance, uint256 reserved) {
        return (_grid.funds, _grid.reserved);
    }

    /// @inheritdoc IERC5192
    function locked(uint256 tokenId) external view returns (bool) {
        _requireOwned(tokenId);
        return _profiles[tokenId].active() != 0;
    }

    /// @inheritdoc ERC721
    function tokenURI(uint256 tokenId) public view override returns (string memory) {
        _requireOwned(tokenId);
        return ProfileMetadata.tokenURI(tokenId, _profiles[tokenId].unpack());
    }

    /// @inheritdoc ERC721
    function supportsInterface(bytes4 interfaceId) public view override returns (bool) {
        return interfaceId == type(IERC5192).interfaceId || super.supportsInterface(interfaceId);
    }

    // ------------------------------------------------------------------------------------------------ inside

    /// @dev A locked profile stays where it is. Minting passes, for a new profile is not locked.
    function _update(address to, uint256 tokenId, address auth) internal override returns (address) {
        if (_profiles[tokenId].active() != 0) revert ProfileLocked(tokenId);
        return super._update(to, tokenId, auth);
    }

    /// @dev Reserves collateral for the profile's next commitment and returns that commitment's number.
    function _reserve(uint256 profileId, uint256 needed) private returns (uint256 number) {
        ProfileRecord profile = _profiles[profileId];
        if (needed > profile.free()) revert InsufficientCollateral(profileId, needed, profile.free());
        _profiles[profileId] =
            profile.withMoney(profile.collateral(), profile.reserved() + needed).withOneMoreCommitment();
        return profile.commitmentCount();
    }

    /// @dev Stores a reading and returns what of it counts: up to the promise.
    function _record(uint256 commitmentId, uint256 interval, uint256 delivered)
        private
        returns (Commitment commitment, uint56 counted)
    {
        commitment = _commitments[commitmentId];
        if (commitment.state() != CommitmentState.Deposited || !commitment.covers(interval)) {
            revert NotCommitted(commitmentId, interval);
        }
        uint256 offset = interval - commitment.start();
        if (_readingOf(commitmentId, commitment, offset) != 0) revert AlreadyReported(commitmentId, interval);
        counted = uint56(Math.min(delivered, commitment.amount()));
        if (offset == 0) {
            _commitments[commitmentId] = commitment.withFirstReading(uint256(counted) + 1);
        } else {
            _readings[Readings.key(commitmentId, offset)] |= (uint256(counted) + 1) << Readings.shift(offset);
        }
    }

    /// @dev Sets part of the grid's account aside: the most it could owe for a promise to produce.
    function _reserveGrid(uint256 amount) private {
        uint256 available = _grid.funds - _grid.reserved;
        if (amount > available) revert InsufficientGridReserve(amount, available);
        _grid.reserved += uint128(amount);
        emit GridReserved(amount);
    }

    /// @dev The books are changed before this call, so there is nothing a receiver could gain by calling back.
    // The receiver is not arbitrary: a home's owner names it for its free collateral, a holder of GRID_ROLE for the
    // grid's free funds, and both callers check that first.
    // slither-disable-next-line arbitrary-send-eth
    function _pay(address payable to, uint256 amount) private {
        (bool accepted,) = to.call{value: amount}("");
        if (!accepted) revert PaymentRefused(to, amount);
    }

    /// @dev Wh + 1 counted in an interval of a commitment; 0 for no reading.
    function _readingOf(uint256 commitmentId, Commitment commitment, uint256 offset) private view returns (uint256) {
        if (offset == 0) return commitment.firstReading();
        return Readings.at(_readings[Readings.key(commitmentId, offset)], offset);
    }

    /// @dev The owner, or who may act for it by ERC-721.
    function _requireAuthorized(uint256 profileId, address caller) private view {
        if (!_isAuthorized(_requireOwned(profileId), caller, profileId)) revert NotAuthorized(profileId, caller);
    }

    /// @dev What has been deposited, cancelled or never made is not in this state.
    function _requireCreated(uint256 commitmentId, Commitment commitment) private pure {
        CommitmentState state = commitment.state();
        if (state != CommitmentState.Created) revert WrongCommitmentState(commitmentId, uint8(state));
    }

    /// @dev Number of bits set: at most 24 rounds.
    function _bitCount(uint256 bits) private pure returns (uint256 count) {
        for (; bits != 0; bits &= bits - 1) {
            ++count;
        }
    }
}
