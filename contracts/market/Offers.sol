// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IMarketHooks} from "../interfaces/IMarketHooks.sol";
import {IOffers} from "../interfaces/IOffers.sol";
import {LeaseLib} from "../libraries/LeaseLib.sol";
import {OfferChanges} from "../libraries/OfferChanges.sol";
import {OfferId} from "../types/Ids.sol";
import {Offer, OfferTerms} from "../types/OfferTypes.sol";
import {MarketParameters} from "./MarketParameters.sol";

/// @title Offers
/// @notice The manual is IOffers; the linked library OfferChanges carries it out.
abstract contract Offers is MarketParameters, IOffers, IMarketHooks {
    address internal immutable _QUOTES;

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
        return OfferChanges.create(_book, msg.sender, terms, pricePerSecondX32, capacity, false);
    }

    /// @inheritdoc IOffers
    function setPrice(OfferId offerId, uint128 pricePerSecondX32) external {
        OfferChanges.setPrice(_book, offerId, pricePerSecondX32);
    }

    /// @inheritdoc IOffers
    function setCapacity(OfferId offerId, uint24 capacity) external {
        OfferChanges.setCapacity(_book, offerId, capacity);
    }

    /// @inheritdoc IOffers
    function retireOffer(OfferId offerId) external {
        OfferChanges.retire(_book, offerId);
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
        return OfferChanges.create(_book, provider, terms, pricePerSecondX32, capacity, true);
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
}
