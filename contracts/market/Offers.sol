// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IOffers} from "../interfaces/IOffers.sol";
import {OfferId} from "../types/Ids.sol";
import {Offer, OfferCore, OfferTerms} from "../types/OfferTypes.sol";
import {MarketParameters} from "./MarketParameters.sol";

/// @title Offers
/// @notice The manual is IOffers.
abstract contract Offers is MarketParameters, IOffers {
    /// @dev A tenant who closes at once pays for no more than this.
    uint256 private constant _MOST_MIN_DURATION = 24 hours;

    mapping(OfferId offerId => Offer offer) internal _offers;
    mapping(address provider => address account) private _payouts;

    // ------------------------------------------------------------------------------------------------- provider

    /// @inheritdoc IOffers
    function createOffer(
        OfferTerms calldata terms,
        uint128 pricePerSecondX32,
        uint32 capacity
    ) external returns (OfferId offerId) {
        // Check
        Current memory current = _current;
        _requireNotPaused(current);
        if (terms.maxDuration == 0) revert MarketZeroMaximumDuration();
        uint256 most = terms.maxDuration < _MOST_MIN_DURATION ? terms.maxDuration : _MOST_MIN_DURATION;
        if (terms.minDuration > most) revert MarketMinimumDurationTooLong(terms.minDuration, most);

        // Effect
        uint64 number = current.offerCount + 1;
        _current.offerCount = number;
        offerId = OfferId.wrap(number);
        Offer storage offer = _offers[offerId];
        offer.core = OfferCore({
            provider: msg.sender,
            capacity: capacity,
            used: 0,
            leaseCount: 0,
            resources: terms.resources,
            minDuration: terms.minDuration,
            maxDuration: terms.maxDuration,
            token: terms.token,
            retired: false,
            pricePerSecondX32: pricePerSecondX32
        });
        offer.slasher = terms.slasher;
        offer.contentHash = terms.contentHash;
        emit OfferCreated(offerId, msg.sender, terms.token, terms, pricePerSecondX32, capacity);
    }

    /// @inheritdoc IOffers
    function setPrice(OfferId offerId, uint128 pricePerSecondX32) external {
        _openOfferOfCaller(offerId).pricePerSecondX32 = pricePerSecondX32;
        emit OfferPriceSet(offerId, pricePerSecondX32);
    }

    /// @inheritdoc IOffers
    function setCapacity(OfferId offerId, uint32 capacity) external {
        _openOfferOfCaller(offerId).capacity = capacity;
        emit OfferCapacitySet(offerId, capacity);
    }

    /// @inheritdoc IOffers
    function retireOffer(OfferId offerId) external {
        _openOfferOfCaller(offerId).retired = true;
        emit OfferRetired(offerId);
    }

    /// @inheritdoc IOffers
    function setPayout(address payout) external {
        _payouts[msg.sender] = payout;
        emit PayoutSet(msg.sender, payout);
    }

    // ---------------------------------------------------------------------------------------------------- views

    /// @inheritdoc IOffers
    function offerById(OfferId offerId) external view returns (Offer memory) {
        return _offers[offerId];
    }

    /// @inheritdoc IOffers
    function offerCount() external view returns (uint64) {
        return _current.offerCount;
    }

    /// @inheritdoc IOffers
    function payoutOf(address provider) public view returns (address) {
        address payout = _payouts[provider];
        return payout == address(0) ? provider : payout;
    }

    // ------------------------------------------------------------------------------------------------- internal

    /// @dev The caller's offer, not retired.
    function _openOfferOfCaller(OfferId offerId) private view returns (OfferCore storage core) {
        core = _offers[offerId].core;
        if (core.provider != msg.sender) revert MarketNotProvider(offerId, core.provider, msg.sender);
        if (core.retired) revert MarketOfferRetired(offerId);
    }
}
