// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {EnergyType, Profile} from "./EnergyTypes.sol";

/// @title A home in one word.
/// @dev From the lowest bit: collateral 80 · reserved 80 · commitments 24 · active 16 · energy type 8 · location 48.
/// `Profile` says what each field means. Setters refuse what does not fit.
type ProfileRecord is uint256;

using ProfileRecords for ProfileRecord global;

/// @title Fields of a packed profile.
library ProfileRecords {
    uint256 private constant RESERVED = 80;
    uint256 private constant COUNT = 160;
    uint256 private constant ACTIVE = 184;
    uint256 private constant ENERGY_TYPE = 200;
    uint256 private constant LOCATION = 208;

    /// @notice A field's value does not fit its bits.
    /// @param value The value.
    /// @param maximum The most it may be.
    error FieldOverflow(uint256 value, uint256 maximum);

    /// @notice Packs a new home.
    /// @param collateral_ Wei.
    /// @param energyType What it produces energy with.
    /// @param location Where it is.
    /// @return The word.
    function create(uint256 collateral_, EnergyType energyType, bytes6 location) internal pure returns (ProfileRecord) {
        uint256 word = (uint256(energyType) << ENERGY_TYPE) | (uint256(uint48(location)) << LOCATION);
        return ProfileRecord.wrap(word).withMoney(collateral_, 0);
    }

    /// @dev Money of the home, in wei.
    function collateral(ProfileRecord self) internal pure returns (uint256) {
        return uint80(ProfileRecord.unwrap(self));
    }

    /// @dev The part that open commitments could cost, in wei.
    function reserved(ProfileRecord self) internal pure returns (uint256) {
        return uint80(ProfileRecord.unwrap(self) >> RESERVED);
    }

    /// @notice Collateral that is not reserved. There is never more reserved than there is.
    /// @param self The word.
    /// @return Wei.
    function free(ProfileRecord self) internal pure returns (uint256) {
        return self.collateral() - self.reserved();
    }

    /// @dev How many commitments it has made.
    function commitmentCount(ProfileRecord self) internal pure returns (uint256) {
        return uint24(ProfileRecord.unwrap(self) >> COUNT);
    }

    /// @dev Deposited commitments with an interval unclaimed.
    function active(ProfileRecord self) internal pure returns (uint256) {
        return uint16(ProfileRecord.unwrap(self) >> ACTIVE);
    }

    /// @dev The same with other amounts of money, in wei.
    function withMoney(ProfileRecord self, uint256 collateral_, uint256 reserved_)
        internal
        pure
        returns (ProfileRecord)
    {
        // What is reserved is no more than the collateral, so one check does for both.
        _requireFits(collateral_, type(uint80).max);
        uint256 others = (ProfileRecord.unwrap(self) >> COUNT) << COUNT;
        return ProfileRecord.wrap(others | (reserved_ << RESERVED) | collateral_);
    }

    /// @dev The same with one more commitment made.
    function withOneMoreCommitment(ProfileRecord self) internal pure returns (ProfileRecord) {
        _requireFits(self.commitmentCount() + 1, type(uint24).max);
        return ProfileRecord.wrap(ProfileRecord.unwrap(self) + (1 << COUNT));
    }

    /// @dev The same with one more commitment active.
    function withOneMoreActive(ProfileRecord self) internal pure returns (ProfileRecord) {
        _requireFits(self.active() + 1, type(uint16).max);
        return ProfileRecord.wrap(ProfileRecord.unwrap(self) + (1 << ACTIVE));
    }

    /// @dev Called once for each commitment that was made active.
    function withOneLessActive(ProfileRecord self) internal pure returns (ProfileRecord) {
        return ProfileRecord.wrap(ProfileRecord.unwrap(self) - (1 << ACTIVE));
    }

    /// @notice The home for people and programs outside.
    /// @param self The word.
    /// @return The fields.
    function unpack(ProfileRecord self) internal pure returns (Profile memory) {
        uint256 word = ProfileRecord.unwrap(self);
        return Profile({
            collateral: self.collateral(),
            reserved: self.reserved(),
            commitmentCount: self.commitmentCount(),
            active: self.active(),
            energyType: EnergyType(uint8(word >> ENERGY_TYPE)),
            location: bytes6(uint48(word >> LOCATION))
        });
    }

    function _requireFits(uint256 value, uint256 maximum) private pure {
        if (value > maximum) revert FieldOverflow(value, maximum);
    }
}
