// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {LeaseLib} from "./LeaseLib.sol";
import {IMarketParameters} from "../interfaces/IMarketParameters.sol";
import {IOffers} from "../interfaces/IOffers.sol";
import {Book} from "../types/Book.sol";
import {OfferId} from "../types/Ids.sol";
import {toOfferState} from "../types/OfferState.sol";
import {toOfferTraits} from "../types/OfferTraits.sol";
import {Offer, OfferTerms} from "../types/OfferTypes.sol";

/// @title OfferChanges
/// @notice Creates and changes offers. Linked to the market, whose storage it works on.
library OfferChanges {
    /// @dev A tenant who closes at once pays for no more than this.
    uint256 internal constant MAX_MIN_DURATION = 24 hours;

    /// @notice See IOffers.createOffer and IMarketHooks.createQuotedOffer.
    function create(
        Book storage book,
        address provider,
        OfferTerms calldata terms,
        uint128 pricePerSecondX32,
        uint24 capacity,
        bool quotedOnly
    ) external returns (OfferId offerId) {
        // Check
        uint40 until = book.current.pausedUntil;
        if (block.timestamp < until) revert IMarketParameters.MarketPaused(until, block.timestamp);
        uint16 tokenNumber = book.tokenTerms[terms.token].number;
        if (tokenNumber == 0) revert IMarketParameters.MarketTokenNotListed(terms.token);
        if (terms.maxDuration == 0) revert IOffers.MarketZeroMaximumDuration();
        uint256 most = terms.maxDuration < MAX_MIN_DURATION ? terms.maxDuration : MAX_MIN_DURATION;
        if (terms.minDuration > most) revert IOffers.MarketMinimumDurationTooLong(terms.minDuration, most);

        // Effect
        offerId = OfferId.wrap(++book.current.offerCount);
        Offer storage offer = book.offers[offerId];
        offer.state = toOfferState(provider, capacity, tokenNumber);
        offer.traits = toOfferTraits(terms.resources, terms.minDuration, terms.maxDuration);
        (offer.pricePerSecondX32, offer.quotedOnly) = (pricePerSecondX32, quotedOnly);
        offer.slasher = terms.slasher;
        offer.contentHash = terms.contentHash;
        emit IOffers.OfferCreated(offerId, provider, terms.token, terms, pricePerSecondX32, capacity, quotedOnly);
    }

    /// @notice See IOffers.setPrice.
    function setPrice(Book storage book, OfferId offerId, uint128 pricePerSecondX32) external {
        Offer storage offer = _openOfferOfCaller(book, offerId);
        uint128 before = LeaseLib.renewalPrice(offer);
        bool raised = pricePerSecondX32 > before;
        if (raised) offer.priceBeforeX32 = before;
        (offer.pricePerSecondX32, offer.raisedAt) = (pricePerSecondX32, raised ? uint40(block.timestamp) : 0);
        emit IOffers.OfferPriceSet(offerId, pricePerSecondX32);
    }

    /// @notice See IOffers.setCapacity.
    function setCapacity(Book storage book, OfferId offerId, uint24 capacity) external {
        Offer storage offer = _openOfferOfCaller(book, offerId);
        offer.state = offer.state.withCapacity(capacity);
        emit IOffers.OfferCapacitySet(offerId, capacity);
    }

    /// @notice See IOffers.retireOffer.
    function retire(Book storage book, OfferId offerId) external {
        _openOfferOfCaller(book, offerId).retired = true;
        emit IOffers.OfferRetired(offerId);
    }

    /// @dev The caller's offer, not retired.
    function _openOfferOfCaller(Book storage book, OfferId offerId) private view returns (Offer storage offer) {
        offer = book.offers[offerId];
        address provider = offer.state.provider();
        if (provider != msg.sender) revert IOffers.MarketNotProvider(offerId, provider, msg.sender);
        if (offer.retired) revert IOffers.MarketOfferRetired(offerId);
    }
}
