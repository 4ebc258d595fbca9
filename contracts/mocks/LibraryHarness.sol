// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Commitment, CommitmentBits} from "../libraries/Commitment.sol";
import {CommitmentInfo, CommitmentState, EnergyType, Metered, Profile, Result} from "../libraries/EnergyTypes.sol";
import {IntervalRecord, IntervalRecords} from "../libraries/IntervalRecord.sol";
import {ProfileRecord, ProfileRecords} from "../libraries/ProfileRecord.sol";
import {Settlement} from "../libraries/Settlement.sol";

/// @title The libraries' pure functions, open to tests.
contract LibraryHarness {
    /// @notice Clears an interval, and packs and unpacks its result on the way.
    /// @param metered The totals.
    /// @param retail What a Wh from the grid costs.
    /// @param feedIn What the grid pays for a Wh.
    /// @param price The price between neighbours.
    /// @return result The result as read back from its word.
    /// @return gridChange What the grid gains.
    function clear(Metered calldata metered, uint256 retail, uint256 feedIn, uint256 price)
        external
        pure
        returns (Result memory result, int256 gridChange)
    {
        (result, gridChange) = Settlement.clear(metered, retail, feedIn, price);
        IntervalRecord record = IntervalRecords.close(result);
        require(record.isClosed(), "not closed");
        result = record.result();
    }

    /// @notice Adds up totals in their word.
    /// @param first Some totals.
    /// @param second More of them.
    /// @return Their sum as read back from its word.
    function add(Metered calldata first, Metered calldata second) external pure returns (Metered memory) {
        IntervalRecord record = IntervalRecord.wrap(0).plus(first).plus(second);
        require(!record.isClosed(), "closed");
        return record.metered();
    }

    /// @notice Packs and unpacks a commitment.
    /// @param info What to pack; its state is not used.
    /// @param reading The first interval's reading.
    /// @param state The state to set last.
    /// @return The commitment as read back, and the reading.
    function commitment(CommitmentInfo calldata info, uint256 reading, CommitmentState state)
        external
        pure
        returns (CommitmentInfo memory, uint256)
    {
        Commitment packed =
            CommitmentBits.create(info.amount, info.price, info.rate, info.start, info.duration, info.side);
        packed = packed.withFirstReading(reading).withClaimed(uint24(info.claimed)).withState(state);
        return (packed.unpack(), packed.firstReading());
    }

    /// @notice Packs and unpacks a home.
    /// @param collateral Its collateral.
    /// @param reserved What of it is reserved.
    /// @param energyType Its energy type.
    /// @param location Where it is.
    /// @return The home as read back, after one more commitment and two more less one active ones.
    function home(uint256 collateral, uint256 reserved, EnergyType energyType, bytes6 location)
        external
        pure
        returns (Profile memory)
    {
        ProfileRecord record = ProfileRecords.create(0, energyType, location).withMoney(collateral, reserved);
        record = record.withOneMoreCommitment().withOneMoreActive().withOneMoreActive().withOneLessActive();
        return record.unpack();
    }

    /// @notice Counts one more where a counter is full.
    /// @param full The word of a home.
    /// @param active Whether to count an active commitment rather than a commitment.
    function countOneMore(ProfileRecord full, bool active) external pure {
        if (active) {
            full.withOneMoreActive();
        } else {
            full.withOneMoreCommitment();
        }
    }
}
