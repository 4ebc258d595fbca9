// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {SignedReading} from "../libraries/SlotReadings.sol";
import {IMeterOracle} from "./IMeterOracle.sol";
import {IMeterRegistry} from "./IMeterRegistry.sol";

/// @title Which meters are accredited and for whom, and what they measured: one register for every market.
interface IMeterBooks is IMeterOracle, IMeterRegistry {
    /// @notice A meter was accredited.
    /// @param meter The address of the key with which it signs.
    /// @param home Whose energy it measures.
    event MeterAccredited(address indexed meter, address indexed home);

    /// @notice A meter was revoked; its key proves nothing any more, and never will again.
    /// @param meter The meter.
    /// @param home Whose energy it measured.
    event MeterRevoked(address indexed meter, address indexed home);

    /// @notice A meter changed its key.
    /// @param meter The key that is over.
    /// @param successor The key that takes its place.
    /// @param home Whose energy it measures.
    event MeterRotated(address indexed meter, address indexed successor, address indexed home);

    /// @notice A reading was taken into the books.
    /// @param home Whose energy.
    /// @param slot The time slot.
    /// @param imported Wh taken from the network.
    /// @param exported Wh given to the network.
    event ReadingRecorded(address indexed home, uint256 indexed slot, uint256 imported, uint256 exported);

    /// @notice Time slots of no length.
    error InvalidSlotLength();

    /// @notice The key has been a meter's before.
    /// @param meter The key.
    error MeterKnown(address meter);

    /// @notice The home has a meter.
    /// @param home The home.
    /// @param meter Its meter.
    error HomeHasMeter(address home, address meter);

    /// @notice The key is no accredited meter's, or no longer is.
    /// @param meter The key.
    error UnknownMeter(address meter);

    /// @notice The successor has not agreed.
    /// @param signer Who signed in its place.
    /// @param successor Who should have.
    error SuccessorDisagrees(address signer, address successor);

    /// @notice The time slot is not over, so nothing in it has been measured yet.
    /// @param slot The time slot.
    /// @param end When it will be.
    error SlotNotOver(uint256 slot, uint256 end);

    /// @notice A reading of this meter before it is missing, or was lost on the way.
    /// @param meter The meter.
    /// @param given The reading's nonce.
    /// @param expected The nonce of the next one.
    error UnexpectedNonce(address meter, uint256 given, uint256 expected);

    /// @notice The home's energy of this time slot is in the books, with other numbers or under another nonce.
    /// @param home The home.
    /// @param slot The time slot.
    error AlreadyReported(address home, uint256 slot);

    /// @notice More energy than a reading has room for.
    /// @param imported Wh.
    error ReadingTooLarge(uint256 imported);

    /// @notice Accredits a meter for a home. REGISTRAR_ROLE only.
    /// @param meter The address of the key with which it signs; one that has never been a meter's.
    /// @param home Whose energy it measures; one without a meter.
    function accredit(address meter, address home) external;

    /// @notice Ends a meter's accreditation for good. What it reported stays. REGISTRAR_ROLE only.
    /// @param meter The meter.
    function revoke(address meter) external;

    /// @notice Passes a meter's accreditation and its count of readings on to a new key. Anyone may hand it in.
    /// @param meter The old key.
    /// @param successor The new key; one that has never been a meter's.
    /// @param signature Of the old key over `Rotation(address meter,address successor)` (EIP-712).
    /// @param consent Of the new key over the same, so that nobody binds a key that is not its own.
    function rotate(address meter, address successor, bytes calldata signature, bytes calldata consent) external;

    /// @notice Takes readings into the books, of any meters, each meter's in the order of their nonces. Anyone may hand them in.
    /// One that is there already is passed over, so that a batch cannot be stopped by handing in a part of it before.
    /// @param readings The readings.
    /// @return recorded How many were new.
    function record(SignedReading[] calldata readings) external returns (uint256 recorded);

    /// @notice Stops `record`. PAUSER_ROLE only.
    function pause() external;

    /// @notice Ends the pause. PAUSER_ROLE only.
    function unpause() external;

    /// @notice Whose energy a signed reading tells of, whether it is in the books or not.
    /// @param reading The reading.
    /// @return home The home; zero where no accredited meter signed it.
    function homeBehind(SignedReading calldata reading) external view returns (address home);

    /// @notice What is in the books of a home's energy in a time slot.
    /// @param home The home.
    /// @param slot The time slot.
    /// @return reported Whether there is a reading.
    /// @return imported Wh taken from the network.
    /// @return exported Wh given to the network.
    function readingOf(address home, uint256 slot)
        external
        view
        returns (bool reported, uint256 imported, uint256 exported);

    /// @notice The nonce of a meter's next reading.
    /// @param meter The meter.
    /// @return How many are in the books, its predecessors' included.
    function nonceOf(address meter) external view returns (uint256);

    /// @notice Length of a time slot.
    /// @return Seconds.
    function slotLength() external view returns (uint256);
}
