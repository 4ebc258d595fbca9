// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IMeterOracle} from "./IMeterOracle.sol";

/// @notice What a seller offers, one slot of storage.
struct Offer {
    /// @dev Wei per Wh.
    uint56 price;
    /// @dev Wh left.
    uint56 available;
    /// @dev Purchases ever made of this seller; numbers the next one.
    uint64 sales;
}

/// @notice One purchase. Two slots of storage, both deleted when it is done.
struct Purchase {
    address buyer;
    /// @dev Timestamp from which it can be refunded.
    uint40 deadline;
    /// @dev Timestamp of the purchase; a reading must not be older.
    uint40 boughtAt;
    /// @dev Wh.
    uint56 quantity;
    /// @dev Wei per Wh.
    uint56 price;
}

/// @title Posted prices: sellers set a price and a quantity, buyers take it or leave it.
interface IFixedPriceMarket {
    /// @notice A seller set its price.
    /// @param seller Who.
    /// @param price Wei per Wh.
    event EnergyPriceSet(address indexed seller, uint256 price);

    /// @notice A seller set what it has to sell.
    /// @param seller Who.
    /// @param available Wh.
    event EnergyAvailableSet(address indexed seller, uint256 available);

    /// @notice Energy was sold; the payment waits for its delivery.
    /// @param purchaseId The purchase.
    /// @param seller Who sold.
    /// @param buyer Who bought.
    /// @param quantity Wh.
    /// @param price Wei per Wh.
    event EnergyBought(
        uint256 indexed purchaseId, address indexed seller, address indexed buyer, uint256 quantity, uint256 price
    );

    /// @notice A meter proved delivery.
    /// @param purchaseId The purchase.
    /// @param meter The meter.
    /// @param delivered Wh, counted up to what was bought; the rest is refunded.
    event EnergyDelivered(uint256 indexed purchaseId, address indexed meter, uint256 delivered);

    /// @notice A purchase was refunded in full.
    /// @param purchaseId The purchase.
    /// @param amount Wei.
    event PurchaseRefunded(uint256 indexed purchaseId, uint256 amount);

    /// @notice Money went out.
    /// @param account Whose.
    /// @param to Who received it.
    /// @param amount Wei.
    event Withdrawn(address indexed account, address indexed to, uint256 amount);

    /// @notice A delivery window of no length.
    error InvalidDeliveryWindow();

    /// @notice A price or quantity of zero.
    error ZeroAmount();

    /// @notice The seller has no accredited meter, so nothing could ever be delivered.
    /// @param home Who.
    error NoMeter(address home);

    /// @notice The seller has set no price.
    /// @param seller Who.
    error NoPrice(address seller);

    /// @notice A seller cannot buy of itself.
    /// @param seller Who.
    error SelfPurchase(address seller);

    /// @notice The seller has less to sell.
    /// @param seller Who.
    /// @param quantity Wh asked for.
    /// @param available Wh left.
    error NotEnoughEnergy(address seller, uint256 quantity, uint256 available);

    /// @notice The money sent is not what it costs, for instance because the price changed meanwhile.
    /// @param sent Wei.
    /// @param cost Wei.
    error WrongPayment(uint256 sent, uint256 cost);

    /// @notice There is no such purchase, or it is done.
    /// @param purchaseId What was asked for.
    error NotPending(uint256 purchaseId);

    /// @notice The signer is no meter accredited for the seller.
    /// @param signer Who signed.
    /// @param seller Whose meter should have.
    error WrongMeter(address signer, address seller);

    /// @notice The reading is not of the time between the purchase and its deadline, or of the future.
    /// @param measuredAt Timestamp of the reading.
    error ReadingOutOfTime(uint256 measuredAt);

    /// @notice The reading shows less than was bought, and the caller is not the seller.
    /// @param purchaseId The purchase.
    /// @param delivered Wh.
    /// @param quantity Wh bought.
    error PartialDelivery(uint256 purchaseId, uint256 delivered, uint256 quantity);

    /// @notice The time for delivery is over.
    /// @param purchaseId The purchase.
    /// @param deadline When it ended.
    error DeliveryOverdue(uint256 purchaseId, uint256 deadline);

    /// @notice The time for delivery is not over.
    /// @param purchaseId The purchase.
    /// @param deadline When it ends.
    error DeliveryPending(uint256 purchaseId, uint256 deadline);

    /// @notice The account has nothing to withdraw.
    /// @param account Whose.
    error NothingToWithdraw(address account);

    /// @notice The receiver refused the money.
    /// @param to Who.
    error PaymentRefused(address to);

    /// @notice Sets the price of the caller's energy. Purchases already made keep theirs.
    /// @param price Wei per Wh.
    function setEnergyPrice(uint256 price) external;

    /// @notice Sets how much energy the caller has to sell. Needs an accredited meter.
    /// @param available Wh; 0 takes the offer back.
    function setEnergyAvailable(uint256 available) external;

    /// @notice Buys energy of a seller at its price, paid exactly with the call. The money waits here for delivery, and the
    /// buyer is credited with the right to the energy.
    /// @param seller Of whom.
    /// @param quantity Wh.
    /// @return purchaseId The purchase.
    function buyEnergy(address seller, uint256 quantity) external payable returns (uint256 purchaseId);

    /// @notice Proves delivery with a reading of the seller's accredited meter: pays the seller for it, refunds the rest.
    /// Anyone may hand it in before the deadline, but one of less than was bought only the seller, who knows whether more is
    /// to come. Works while the market is paused.
    /// @param purchaseId The purchase.
    /// @param delivered Wh the meter measured for this purchase.
    /// @param measuredAt Timestamp of the reading.
    /// @param signature The meter's, over `Delivery(uint256 purchaseId,uint256 delivered,uint256 measuredAt)` (EIP-712).
    function deliver(uint256 purchaseId, uint256 delivered, uint256 measuredAt, bytes calldata signature) external;

    /// @notice Refunds a purchase in full: its seller any time, anyone once the deadline has passed. Works while the market is paused.
    /// @param purchaseId The purchase.
    function refund(uint256 purchaseId) external;

    /// @notice Takes the caller's money out. Works while the market is paused.
    /// @param to Who receives it.
    function withdraw(address payable to) external;

    /// @notice Stops offers and purchases. PAUSER_ROLE only.
    function pause() external;

    /// @notice Ends the pause. PAUSER_ROLE only.
    function unpause() external;

    /// @notice A seller's offer.
    /// @param seller Who.
    /// @return The offer.
    function offerOf(address seller) external view returns (Offer memory);

    /// @notice A purchase that is pending; all zero otherwise.
    /// @param purchaseId Which: the seller's address shifted left by 96 bits, and the number of the sale.
    /// @return The purchase.
    function purchaseOf(uint256 purchaseId) external view returns (Purchase memory);

    /// @notice Energy an account has paid for and not yet received.
    /// @param buyer Who.
    /// @return Wh.
    function entitlementOf(address buyer) external view returns (uint256);

    /// @notice Energy an account has received through this market.
    /// @param buyer Who.
    /// @return Wh.
    function receivedBy(address buyer) external view returns (uint256);

    /// @notice Money an account can withdraw.
    /// @param account Whose.
    /// @return Wei.
    function balanceOf(address account) external view returns (uint256);

    /// @notice The register of meters.
    /// @return The contract.
    function meters() external view returns (IMeterOracle);

    /// @notice Time to prove delivery after a purchase.
    /// @return Seconds.
    function deliveryWindow() external view returns (uint256);
}
