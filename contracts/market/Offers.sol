// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IOffers} from "../interfaces/IOffers.sol";
import {OfferId} from "../types/Ids.sol";
import {toOfferState} from "../types/OfferState.sol";
import {toOfferTraits} from "../types/OfferTraits.sol";
import {Offer, OfferTerms} from "../types/OfferTypes.sol";
import {MarketParameters} from "./MarketParameters.sol";

/// @title Offers
/// @notice The manual is IOffers.
abstract contract Offers is MarketParameters, IOffers {
    /// @dev A tenant who closes at once pays for no more than this.
    uint256 private constant _MOST_MIN_DURATION = 24 hours;

    mapping(OfferId offerId => Offer offer) internal _offers;

    // ------------------------------------------------------------------------------------------------- provider

    /// @inheritdoc IOffers
    function createOffer(
        OfferTerms calldata terms,
        uint128 pricePerSecondX32,
        uint24 capacity
    ) external returns (OfferId offerId) {
        // Check
        _requireNotPaused(_current.pausedUntil);
        uint16 tokenNumber = _tokenTermsAt(terms.token).number;
        if (tokenNumber == 0) revert MarketTokenNotListed(terms.token);
        if (terms.maxDuration == 0) revert MarketZeroMaximumDuration();
        uint256 most = terms.maxDuration < _MOST_MIN_DURATION ? terms.maxDuration : _MOST_MIN_DURATION;
        if (terms.minDuration > most) revert MarketMinimumDurationTooLong(terms.minDuration, most);

        // Effect
        offerId = OfferId.wrap(++_current.offerCount);
        _offers[offerId] = Offer({
            state: toOfferState(msg.sender, capacity, tokenNumber),
            traits: toOfferTraits(terms.resources, terms.minDuration, terms.maxDuration),
            pricePerSecondX32: pricePerSecondX32,
            retired: false,
            slasher: terms.slasher,
            contentHash: terms.contentHash
        });
        emit OfferCreated(offerId, msg.sender, terms.token, terms, pricePerSecondX32, capacity);
    }

    /// @inheritdoc IOffers
    function setPrice(OfferId offerId, uint128 pricePerSecondX32) external {
        _openOfferOfCaller(offerId).pricePerSecondX32 = pricePerSecondX32;
        emit OfferPriceSet(offerId, pricePerSecondX32);
    }

    /// @inheritdoc IOffers
    function setCapacity(OfferId offerId, uint24 capacity) external {
        Offer storage offer = _openOfferOfCaller(offerId);
        offer.state = offer.state.withCapacity(capacity);
        emit OfferCapacitySet(offerId, capacity);
    }

    /// @inheritdoc IOffers
    function retireOffer(OfferId offerId) external {
        _openOfferOfCaller(offerId).retired = true;
        emit OfferRetired(offerId);
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

    // ------------------------------------------------------------------------------------------------- internal

    /// @dev The caller's offer, not retired.
    function _openOfferOfCaller(OfferId offerId) private view returns (Offer storage offer) {
        offer = _offers[offerId];
        address provider = offer.state.provider();
        if (provider != msg.sender) revert MarketNotProvider(offerId, provider, msg.sender);
        if (offer.retired) revert MarketOfferRetired(offerId);
    }
}
