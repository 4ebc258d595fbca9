// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {EnergyProfile} from "./EnergyProfile.sol";
import {IEnergyPool} from "./interfaces/IEnergyPool.sol";
import {IEnergyProfile} from "./interfaces/IEnergyProfile.sol";
import {Commitment} from "./libraries/Commitment.sol";
import {Book, Side} from "./libraries/EnergyTypes.sol";

/// @title The book of intervals: what is promised to each.
/// @dev A mapping by interval of which 24 are open at a time: a ring whose slots are never used again. Nothing is
/// shifted, and no result waits for its place to be needed.
contract EnergyPool is IEnergyPool {
    mapping(uint256 interval => Book) private _books;

    /// @inheritdoc IEnergyPool
    IEnergyProfile public immutable profile;

    /// @dev Created by the market; creates the profiles, which keep both addresses.
    /// @param length Seconds in an interval.
    /// @param retail What a Wh from the grid costs at first, in wei.
    /// @param feedIn What the grid pays for a Wh at first, in wei.
    constructor(uint256 length, uint56 retail, uint56 feedIn) {
        profile = new EnergyProfile(msg.sender, length, retail, feedIn);
    }

    /// @inheritdoc IEnergyPool
    function deposit(uint256 commitmentId) external {
        (Commitment commitment, uint256 tariffId) = profile.activate(commitmentId, msg.sender);
        bool production = commitment.isProduction();
        uint256 amount = commitment.amount();
        uint256 start = commitment.start();
        uint256 duration = commitment.duration();
        _addToBooks(production, uint56(amount), start, start + duration, uint16(tariffId));
        emit CommitmentDeposited(
            commitmentId, msg.sender, production ? Side.Production : Side.Consumption, amount, start, duration
        );
    }

    /// @inheritdoc IEnergyPool
    function bookOf(uint256 interval) external view returns (uint256 supply, uint256 demand, uint256 tariffId) {
        Book storage book = _books[interval];
        return (book.supply, book.demand, book.tariffId);
    }

    /// @dev At most 24 slots, as many as the depositor's own commitment has intervals.
    function _addToBooks(bool production, uint56 amount, uint256 start, uint256 end, uint16 tariffId) private {
        for (uint256 interval = start; interval < end; ++interval) {
            Book memory book = _books[interval];
            if (production) {
                book.supply += amount;
            } else {
                book.demand += amount;
            }
            book.tariffId = tariffId;
            _books[interval] = book;
        }
    }
}
