// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IMarketHooks} from "../interfaces/IMarketHooks.sol";
import {IOffers} from "../interfaces/IOffers.sol";
import {LeaseLib} from "../libraries/LeaseLib.sol";
import {OfferId} from "../types/Ids.sol";
import {toOfferState} from "../types/OfferState.sol";
import {toOfferTraits} from "../types/OfferTraits.sol";
import {Offer, OfferTerms} from "../types/OfferTypes.sol";
import {MarketParameters} from "./MarketParameters.sol";

/// @title Offers
/// @notice The manual is IOffers.
abstract contract Offers is MarketParameters, IOffers, IMarketHooks {
    /// @dev A tenant who closes at once pays for no more than this.
    uint256 private constant _MOST_MIN_DURATION = 24 hours;

    address private immutable _QUOTES;

    constructor(address quotes) {
        _QUOTES = quotes;
    }

    // ------------------------------------------------------------------------------------------------- provider

    /// @inheritdoc IOffers
    function createOffer(
        OfferTerms calldata terms,
        uint128 pricePerSecondX32,
        uint24 capacity
    ) external returns (OfferId offerId) {
        return _create(msg.sender, terms, pricePerSecondX32, capacity, false);
    }

    /// @inheritdoc IOffers
    function setPrice(OfferId offerId, uint128 pricePerSecondX32) external {
        Offer storage offer = _openOfferOfCaller(offerId);
        uint128 before = LeaseLib.renewalPrice(offer);
        bool raised = pricePerSecondX32 > before;
        if (raised) offer.priceBeforeX32 = before;
        offer.raisedAt = raised ? uint40(block.timestamp) : 0;
        offer.pricePerSecondX32 = pricePerSecondX32;
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

    // --------------------------------------------------------------------------------------------------- quotes

    /// @inheritdoc IMarketHooks
    function createQuotedOffer(
        address provider,
        OfferTerms calldata terms,
        uint128 pricePerSecondX32,
        uint24 capacity
    ) external returns (OfferId offerId) {
        _requireQuotes();
        return _create(provider, terms, pricePerSecondX32, capacity, true);
    }

    // ---------------------------------------------------------------------------------------------------- views

    /// @inheritdoc IOffers
    function offerById(OfferId offerId) external view returns (Offer memory) {
        return _book.offers[offerId];
    }

    /// @inheritdoc IOffers
    function offerCount() external view returns (uint64) {
        return _book.current.offerCount;
    }

    /// @inheritdoc IMarketHooks
    function renewalPriceOf(OfferId offerId) external view returns (uint128) {
        return LeaseLib.renewalPrice(_book.offers[offerId]);
    }

    /// @inheritdoc IMarketHooks
    function QUOTES() external view returns (address) {
        return _QUOTES;
    }

    // ------------------------------------------------------------------------------------------------- internal

    function _requireQuotes() internal view {
        if (msg.sender != _QUOTES) revert MarketNotQuotes(msg.sender);
    }

    function _create(
        address provider,
        OfferTerms calldata terms,
        uint128 pricePerSecondX32,
        uint24 capacity,
        bool quotedOnly
    ) private returns (OfferId offerId) {
        // Check
        _requireNotPaused(_book.current.pausedUntil);
        uint16 tokenNumber = _book.tokenTerms[terms.token].number;
        if (tokenNumber == 0) revert MarketTokenNotListed(terms.token);
        if (terms.maxDuration == 0) revert MarketZeroMaximumDuration();
        uint256 most = terms.maxDuration < _MOST_MIN_DURATION ? terms.maxDuration : _MOST_MIN_DURATION;
        if (terms.minDuration > most) revert MarketMinimumDurationTooLong(terms.minDuration, most);

        // Effect
        offerId = OfferId.wrap(++_book.current.offerCount);
        Offer storage offer = _book.offers[offerId];
        offer.state = toOfferState(provider, capacity, tokenNumber);
        offer.traits = toOfferTraits(terms.resources, terms.minDuration, terms.maxDuration);
        offer.pricePerSecondX32 = pricePerSecondX32;
        offer.quotedOnly = quotedOnly;
        offer.slasher = terms.slasher;
        offer.contentHash = terms.contentHash;
        emit OfferCreated(offerId, provider, terms.token, terms, pricePerSecondX32, capacity, quotedOnly);
    }

    /// @dev The caller's offer, not retired.
    function _openOfferOfCaller(OfferId offerId) private view returns (Offer storage offer) {
        offer = _book.offers[offerId];
        address provider = offer.state.provider();
        if (provider != msg.sender) revert MarketNotProvider(offerId, provider, msg.sender);
        if (offer.retired) revert MarketOfferRetired(offerId);
    }
}
