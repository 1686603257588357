// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {OfferId} from "../types/Ids.sol";
import {Offer, OfferTerms} from "../types/OfferTypes.sol";

/// @title Offers: what providers lease out, at what price, how much of it
/// @notice What is on offer never changes under an id; its price and capacity do, for new leases only (INV-LSE-9).
/// Creating asks for no bond: an offer without enough free bond simply does not fit an order.
interface IOffers {
    /// @notice `provider` created an offer; one that is `quotedOnly` is leased by signed quotes alone.
    event OfferCreated(
        OfferId indexed offerId,
        address indexed provider,
        address indexed token,
        OfferTerms terms,
        uint256 pricePerSecondX32,
        uint256 capacity,
        bool quotedOnly
    );

    /// @notice Leases opened from now on pay this price per unit-second, in base units times 2^32.
    event OfferPriceSet(OfferId indexed offerId, uint256 pricePerSecondX32);

    /// @notice So many units may be leased at the same time from now on.
    event OfferCapacitySet(OfferId indexed offerId, uint256 capacity);

    /// @notice No lease is opened on this offer any more.
    event OfferRetired(OfferId indexed offerId);

    /// @notice Only the offer's provider may do this.
    error MarketNotProvider(OfferId offerId, address provider, address caller);

    /// @notice The minimum duration would pass its bound, 24 hours or the maximum duration.
    error MarketMinimumDurationTooLong(uint256 minDuration, uint256 most);

    /// @notice An offer that could never be leased.
    error MarketZeroMaximumDuration();

    /// @notice The offer is retired for good.
    error MarketOfferRetired(OfferId offerId);

    /// @notice Units of this offer are leased by signed quotes alone.
    error MarketOfferQuotedOnly(OfferId offerId);

    /// @notice Creates an offer of the caller, in a token that was listed once; whether it still is, is asked when a
    /// lease is opened.
    /// @param pricePerSecondX32 base units of the token per unit-second, times 2^32.
    /// @param capacity units that may be leased at the same time.
    function createOffer(
        OfferTerms calldata terms,
        uint128 pricePerSecondX32,
        uint24 capacity
    ) external returns (OfferId offerId);

    /// @notice Changes the price of leases opened from now on. Renewals pay a raise 24 hours later, a cut at once.
    function setPrice(OfferId offerId, uint128 pricePerSecondX32) external;

    /// @notice Changes how many units may be leased at the same time. Below what is in use, it only stops new leases.
    function setCapacity(OfferId offerId, uint24 capacity) external;

    /// @notice Ends an offer for good. Its leases, pending ones included, stay binding.
    function retireOffer(OfferId offerId) external;

    /// @notice Offer `offerId` as it is stored; all zero where there is none. The lens decodes it.
    function offerById(OfferId offerId) external view returns (Offer memory);

    /// @notice Offers created so far; they are numbered from 1.
    function offerCount() external view returns (uint64);
}
