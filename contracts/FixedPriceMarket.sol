// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

import {Administered, ZeroAddress} from "./Administered.sol";
import {IFixedPriceMarket, Offer, Purchase} from "./interfaces/IFixedPriceMarket.sol";
import {IMeterOracle} from "./interfaces/IMeterOracle.sol";
import {PAUSER_ROLE} from "./libraries/Roles.sol";

/// @title Posted prices with what such markets leave undone: offers of each seller, delivery proved, refunds, withdrawal.
/// @dev The contract's money is the sum of all balances and of quantity · price of all pending purchases. It leaves by `withdraw`
/// only, after the books have been changed.
contract FixedPriceMarket is IFixedPriceMarket, Administered, Pausable, EIP712 {
    /// @dev keccak256 of the type of a reading.
    bytes32 private constant DELIVERY_TYPEHASH =
        keccak256("Delivery(uint256 purchaseId,uint256 delivered,uint256 measuredAt)");

    /// @dev A purchase's id: seller 160 · number 96.
    uint256 private constant SELLER_SHIFT = 96;

    /// @dev Energy of one buyer, one slot of storage.
    struct Energy {
        uint128 entitled;
        uint128 received;
    }

    /// @inheritdoc IFixedPriceMarket
    IMeterOracle public immutable meters;

    /// @inheritdoc IFixedPriceMarket
    uint256 public immutable deliveryWindow;

    mapping(address account => uint256) private _balances;
    mapping(address seller => Offer) private _offers;
    mapping(uint256 purchaseId => Purchase) private _purchases;
    mapping(address buyer => Energy) private _energy;

    /// @param admin Receives DEFAULT_ADMIN_ROLE, which grants PAUSER_ROLE.
    /// @param meters_ The register of meters.
    /// @param deliveryWindow_ Seconds to prove delivery after a purchase.
    constructor(address admin, IMeterOracle meters_, uint32 deliveryWindow_)
        Administered(admin)
        EIP712("FixedPriceMarket", "1")
    {
        if (address(meters_) == address(0)) revert ZeroAddress();
        if (deliveryWindow_ == 0) revert InvalidDeliveryWindow();
        meters = meters_;
        deliveryWindow = deliveryWindow_;
    }

    // ------------------------------------------------------------------------------------------------ trade

    /// @inheritdoc IFixedPriceMarket
    function setEnergyPrice(uint256 price) external whenNotPaused {
        if (price == 0) revert ZeroAmount();
        _offers[msg.sender].price = SafeCast.toUint56(price);
        emit EnergyPriceSet(msg.sender, price);
    }

    /// @inheritdoc IFixedPriceMarket
    function setEnergyAvailable(uint256 available) external whenNotPaused {
        if (available != 0 && meters.meterOf(msg.sender) == address(0)) revert NoMeter(msg.sender);
        _offers[msg.sender].available = SafeCast.toUint56(available);
        emit EnergyAvailableSet(msg.sender, available);
    }

    /// @inheritdoc IFixedPriceMarket
    function buyEnergy(address seller, uint256 quantity) external payable whenNotPaused returns (uint256 purchaseId) {
        if (quantity == 0) revert ZeroAmount();
        if (seller == msg.sender) revert SelfPurchase(seller);
        Offer memory offer = _offers[seller];
        if (offer.price == 0) revert NoPrice(seller);
        if (quantity > offer.available) revert NotEnoughEnergy(seller, quantity, offer.available);
        if (msg.value != quantity * offer.price) revert WrongPayment(msg.value, quantity * offer.price);
        purchaseId = (uint256(uint160(seller)) << SELLER_SHIFT) | offer.sales;
        offer.available -= uint56(quantity);
        ++offer.sales;
        _offers[seller] = offer;
        _purchases[purchaseId] = Purchase({
            buyer: msg.sender,
            deadline: uint40(block.timestamp + deliveryWindow),
            boughtAt: uint40(block.timestamp),
            quantity: uint56(quantity),
            price: offer.price
        });
        _energy[msg.sender].entitled += uint128(quantity);
        emit EnergyBought(purchaseId, seller, msg.sender, quantity, offer.price);
    }

    // ------------------------------------------------------------------------------------------------ delivery

    /// @inheritdoc IFixedPriceMarket
    function deliver(uint256 purchaseId, uint256 delivered, uint256 measuredAt, bytes calldata signature) external {
        Purchase memory purchase = _pending(purchaseId);
        address seller = _sellerOf(purchaseId);
        if (block.timestamp >= purchase.deadline) revert DeliveryOverdue(purchaseId, purchase.deadline);
        if (measuredAt < purchase.boughtAt || measuredAt > block.timestamp) revert ReadingOutOfTime(measuredAt);
        address meter = _requireMeter(seller, purchaseId, delivered, measuredAt, signature);
        // More may be on its way, and a purchase has one reading only: a buyer must not choose an early one.
        if (delivered < purchase.quantity && msg.sender != seller) {
            revert PartialDelivery(purchaseId, delivered, purchase.quantity);
        }
        uint256 counted = Math.min(delivered, purchase.quantity);
        delete _purchases[purchaseId];
        _energy[purchase.buyer].entitled -= purchase.quantity;
        _energy[purchase.buyer].received += uint128(counted);
        _credit(seller, counted * purchase.price);
        _credit(purchase.buyer, (purchase.quantity - counted) * purchase.price);
        emit EnergyDelivered(purchaseId, meter, counted);
    }

    /// @inheritdoc IFixedPriceMarket
    function refund(uint256 purchaseId) external {
        Purchase memory purchase = _pending(purchaseId);
        if (block.timestamp < purchase.deadline && msg.sender != _sellerOf(purchaseId)) {
            revert DeliveryPending(purchaseId, purchase.deadline);
        }
        uint256 amount = uint256(purchase.quantity) * purchase.price;
        delete _purchases[purchaseId];
        _energy[purchase.buyer].entitled -= purchase.quantity;
        _credit(purchase.buyer, amount);
        emit PurchaseRefunded(purchaseId, amount);
    }

    /// @inheritdoc IFixedPriceMarket
    function withdraw(address payable to) external {
        uint256 amount = _balances[msg.sender];
        // Refuses an empty withdrawal; balances come from the books, never from the ether that the contract holds.
        // slither-disable-next-line incorrect-equality
        if (amount == 0) revert NothingToWithdraw(msg.sender);
        _balances[msg.sender] = 0;
        emit Withdrawn(msg.sender, to, amount);
        (bool done,) = to.call{value: amount}("");
        if (!done) revert PaymentRefused(to);
    }

    // ------------------------------------------------------------------------------------------------ roles

    /// @inheritdoc IFixedPriceMarket
    function pause() external onlyRole(PAUSER_ROLE) {
        _pause();
    }

    /// @inheritdoc IFixedPriceMarket
    function unpause() external onlyRole(PAUSER_ROLE) {
        _unpause();
    }

    // ------------------------------------------------------------------------------------------------ views

    /// @inheritdoc IFixedPriceMarket
    function offerOf(address seller) external view returns (Offer memory) {
        return _offers[seller];
    }

    /// @inheritdoc IFixedPriceMarket
    function purchaseOf(uint256 purchaseId) external view returns (Purchase memory) {
        return _purchases[purchaseId];
    }

    /// @inheritdoc IFixedPriceMarket
    function entitlementOf(address buyer) external view returns (uint256) {
        return _energy[buyer].entitled;
    }

    /// @inheritdoc IFixedPriceMarket
    function receivedBy(address buyer) external view returns (uint256) {
        return _energy[buyer].received;
    }

    /// @inheritdoc IFixedPriceMarket
    function balanceOf(address account) external view returns (uint256) {
        return _balances[account];
    }

    // ------------------------------------------------------------------------------------------------ inside

    function _pending(uint256 purchaseId) private view returns (Purchase memory purchase) {
        purchase = _purchases[purchaseId];
        if (purchase.buyer == address(0)) revert NotPending(purchaseId);
    }

    /// @dev The meter accredited now, so that a revoked one proves nothing any more.
    function _requireMeter(
        address seller,
        uint256 purchaseId,
        uint256 delivered,
        uint256 measuredAt,
        bytes calldata signature
    ) private view returns (address meter) {
        bytes32 digest =
            _hashTypedDataV4(keccak256(abi.encode(DELIVERY_TYPEHASH, purchaseId, delivered, measuredAt)));
        address signer = ECDSA.recover(digest, signature);
        meter = meters.meterOf(seller);
        if (signer != meter) revert WrongMeter(signer, seller);
    }

    /// @dev Spares the write where there is nothing to add.
    function _credit(address account, uint256 amount) private {
        if (amount != 0) _balances[account] += amount;
    }

    function _sellerOf(uint256 purchaseId) private pure returns (address) {
        return address(uint160(purchaseId >> SELLER_SHIFT));
    }
}
