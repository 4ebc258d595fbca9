// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

import {Administered, ZeroAddress} from "./Administered.sol";
import {IMeterBooks} from "./interfaces/IMeterBooks.sol";
import {IMeterOracle} from "./interfaces/IMeterOracle.sol";
import {IMeterRegistry} from "./interfaces/IMeterRegistry.sol";
import {REGISTRAR_ROLE} from "./libraries/BalancingTypes.sol";
import {PAUSER_ROLE} from "./libraries/Roles.sol";
import {SignedReading, SlotReadings} from "./libraries/SlotReadings.sol";

/// @title The register of meters and the books of what they measured.
/// @dev One reading for each home and time slot, once, whichever of a home's keys signed it. No money is held here.
contract MeterRegistry is IMeterBooks, Administered, Pausable, EIP712 {
    using SlotReadings for uint256;
    using SlotReadings for SignedReading;

    /// @dev keccak256 of the type of a change of key.
    bytes32 private constant ROTATION_TYPEHASH = keccak256("Rotation(address meter,address successor)");

    /// @dev A key, one slot of storage. When it is over it has no home, and is still known, so that it never comes back.
    struct Meter {
        address home;
        uint64 nonce;
        bool known;
    }

    /// @inheritdoc IMeterBooks
    uint256 public immutable slotLength;

    /// @inheritdoc IMeterOracle
    mapping(address home => address) public meterOf;

    mapping(address meter => Meter) private _meters;
    mapping(address home => mapping(uint256 key => uint256 word)) private _readings;

    /// @param admin Receives DEFAULT_ADMIN_ROLE, which grants the others.
    /// @param slotLength_ Seconds in a time slot.
    constructor(address admin, uint32 slotLength_) Administered(admin) EIP712("MeterRegistry", "1") {
        if (slotLength_ == 0) revert InvalidSlotLength();
        slotLength = slotLength_;
    }

    // ------------------------------------------------------------------------------------------------ meters

    /// @inheritdoc IMeterBooks
    function accredit(address meter, address home) external onlyRole(REGISTRAR_ROLE) {
        if (home == address(0)) revert ZeroAddress();
        if (meterOf[home] != address(0)) revert HomeHasMeter(home, meterOf[home]);
        _install(meter, home, 0);
        emit MeterAccredited(meter, home);
    }

    /// @inheritdoc IMeterBooks
    function revoke(address meter) external onlyRole(REGISTRAR_ROLE) {
        address home = _retire(meter).home;
        delete meterOf[home];
        emit MeterRevoked(meter, home);
    }

    /// @inheritdoc IMeterBooks
    function rotate(address meter, address successor, bytes calldata signature, bytes calldata consent) external {
        bytes32 digest = _hashTypedDataV4(keccak256(abi.encode(ROTATION_TYPEHASH, meter, successor)));
        address signer = ECDSA.recover(digest, signature);
        if (signer != meter) revert UnknownMeter(signer);
        signer = ECDSA.recover(digest, consent);
        if (signer != successor) revert SuccessorDisagrees(signer, successor);
        Meter memory old = _retire(meter);
        _install(successor, old.home, old.nonce);
        emit MeterRotated(meter, successor, old.home);
    }

    // ------------------------------------------------------------------------------------------------ readings

    /// @inheritdoc IMeterBooks
    function record(SignedReading[] calldata readings) external whenNotPaused returns (uint256 recorded) {
        for (uint256 i = 0; i < readings.length; ++i) {
            if (_record(readings[i])) ++recorded;
        }
    }

    // ------------------------------------------------------------------------------------------------ roles

    /// @inheritdoc IMeterBooks
    function pause() external onlyRole(PAUSER_ROLE) {
        _pause();
    }

    /// @inheritdoc IMeterBooks
    function unpause() external onlyRole(PAUSER_ROLE) {
        _unpause();
    }

    // ------------------------------------------------------------------------------------------------ views

    /// @inheritdoc IMeterRegistry
    function traderOf(address meter) public view returns (address) {
        return _meters[meter].home;
    }

    /// @inheritdoc IMeterBooks
    function homeBehind(SignedReading calldata reading) external view returns (address) {
        return traderOf(_signerOf(reading));
    }

    /// @inheritdoc IMeterBooks
    function readingOf(address home, uint256 slot)
        external
        view
        returns (bool reported, uint256 imported, uint256 exported)
    {
        uint64 packed = _readings[home][SlotReadings.key(slot)].at(slot);
        if (packed == 0) return (false, 0, 0);
        (imported, exported) = SlotReadings.unpack(packed);
        return (true, imported, exported);
    }

    /// @inheritdoc IMeterBooks
    function nonceOf(address meter) external view returns (uint256) {
        return _meters[meter].nonce;
    }

    // ------------------------------------------------------------------------------------------------ inside

    function _install(address meter, address home, uint64 nonce) private {
        if (meter == address(0)) revert ZeroAddress();
        if (_meters[meter].known) revert MeterKnown(meter);
        _meters[meter] = Meter(home, nonce, true);
        meterOf[home] = meter;
    }

    function _retire(address meter) private returns (Meter memory retired) {
        retired = _meters[meter];
        if (retired.home == address(0)) revert UnknownMeter(meter);
        _meters[meter].home = address(0);
    }

    /// @dev Whether the reading was new. Its numbers are checked before its place, its place before its nonce is used up.
    function _record(SignedReading calldata reading) private returns (bool) {
        uint256 slot = reading.slot;
        if (reading.imported > SlotReadings.MAX_IMPORTED) revert ReadingTooLarge(reading.imported);
        uint256 end = (slot + 1) * slotLength;
        if (block.timestamp < end) revert SlotNotOver(slot, end);
        address signer = _signerOf(reading);
        Meter memory meter = _meters[signer];
        if (meter.home == address(0)) revert UnknownMeter(signer);
        if (reading.nonce > meter.nonce) revert UnexpectedNonce(signer, reading.nonce, meter.nonce);

        uint256 word = _readings[meter.home][SlotReadings.key(slot)];
        uint64 packed = SlotReadings.pack(reading.imported, reading.exported);
        uint64 known = word.at(slot);
        if (reading.nonce < meter.nonce && known == packed) return false;
        if (known != 0) revert AlreadyReported(meter.home, slot);
        if (reading.nonce < meter.nonce) revert UnexpectedNonce(signer, reading.nonce, meter.nonce);
        _readings[meter.home][SlotReadings.key(slot)] = word.withReading(slot, packed);
        _meters[signer].nonce = meter.nonce + 1;
        emit ReadingRecorded(meter.home, slot, reading.imported, reading.exported);
        return true;
    }

    /// @dev Zero where the signature is none.
    function _signerOf(SignedReading calldata reading) private view returns (address signer) {
        // slither-disable-next-line unused-return
        (signer,,) = ECDSA.tryRecover(_hashTypedDataV4(reading.structHash()), reading.r, reading.vs);
    }
}
