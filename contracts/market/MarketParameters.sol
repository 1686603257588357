// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IMarketParameters} from "../interfaces/IMarketParameters.sol";
import {Collateral} from "../libraries/Collateral.sol";
import {Book, Current} from "../types/Book.sol";
import {Listing, PackedWeights, Terms, TokenTerms, Weights} from "../types/Parameters.sol";

/// @title MarketParameters
/// @notice Parameters in numbered versions; the manual is IMarketParameters.
/// @dev Versions are written once: a lease that names one keeps it whatever governance does later (INV-LSE-9). The only
/// functions of the market that ask the AccessManager are here.
abstract contract MarketParameters is AccessManaged, IMarketParameters {
    uint256 private constant _MOST_FEE_BPS = 1_000;
    uint256 private constant _MOST_TOLERANCE_BPS = 1_000;
    uint256 private constant _MOST_NO_SHOW_BPS = 2_500;
    uint256 private constant _LEAST_NOTICE = 1 hours;
    uint256 private constant _MOST_NOTICE = 30 days;
    uint256 private constant _LEAST_ACTIVATION_WINDOW = 5 minutes;
    uint256 private constant _MOST_ACTIVATION_WINDOW = 24 hours;
    uint256 private constant _LEAST_CREDIT_PERIOD = 1 days;
    uint256 private constant _MOST_CREDIT_PERIOD = 365 days;
    uint256 private constant _MOST_PAUSE = 7 days;

    Book internal _book;

    constructor(address authority, Terms memory terms, Weights memory weights) AccessManaged(authority) {
        _publish(terms, weights);
    }

    // ---------------------------------------------------------------------------------------------- governance

    /// @inheritdoc IMarketParameters
    function publishTerms(Terms calldata terms, Weights calldata weights) external restricted returns (uint16) {
        return _publish(terms, weights);
    }

    /// @inheritdoc IMarketParameters
    function listToken(address token, uint112 minimumLock, uint96 bounty) external restricted {
        if (bounty > minimumLock) revert MarketParameterOutOfBounds("bounty", bounty, 0, minimumLock);
        Current memory current = _book.current;
        uint16 number = _book.tokenTerms[token].number;
        if (number == 0) {
            number = ++current.tokenCount;
            _book.tokens[number] = token;
        }
        uint16 listing = ++current.listingCount;
        _book.current = current;
        _book.listings[listing] = Listing({token: token, bounty: bounty});
        _book.tokenTerms[token] = TokenTerms({
            minimumLock: minimumLock,
            bounty: bounty,
            number: number,
            listing: listing,
            listed: true
        });
        emit TokenListed(token, listing, number, minimumLock, bounty);
    }

    /// @inheritdoc IMarketParameters
    function delistToken(address token) external restricted {
        if (!_book.tokenTerms[token].listed) revert MarketTokenNotListed(token);
        _book.tokenTerms[token].listed = false;
        emit TokenDelisted(token);
    }

    /// @inheritdoc IMarketParameters
    function pauseEntries(uint32 duration) external restricted {
        if (duration > _MOST_PAUSE) revert MarketParameterOutOfBounds("pause", duration, 0, _MOST_PAUSE);
        uint40 until = uint40(block.timestamp) + duration;
        _book.current.pausedUntil = until;
        emit EntriesPaused(until);
    }

    // ---------------------------------------------------------------------------------------------------- views

    /// @inheritdoc IMarketParameters
    function currentTermsVersion() external view returns (uint16) {
        return _book.current.termsVersion;
    }

    /// @inheritdoc IMarketParameters
    function termsOf(uint16 version) external view returns (Terms memory) {
        return _book.terms[version];
    }

    /// @inheritdoc IMarketParameters
    function weightsOf(uint16 version) external view returns (PackedWeights) {
        return _book.weights[version];
    }

    /// @inheritdoc IMarketParameters
    function tokenTermsOf(address token) external view returns (TokenTerms memory) {
        return _book.tokenTerms[token];
    }

    /// @inheritdoc IMarketParameters
    function listingOf(uint16 listing) external view returns (Listing memory) {
        return _book.listings[listing];
    }

    /// @inheritdoc IMarketParameters
    function tokenByNumber(uint16 number) external view returns (address) {
        return _book.tokens[number];
    }

    /// @inheritdoc IMarketParameters
    function pausedUntil() external view returns (uint40) {
        return _book.current.pausedUntil;
    }

    // ------------------------------------------------------------------------------------------------- internal

    function _requireNotPaused(uint40 until) internal view {
        if (block.timestamp < until) revert MarketPaused(until, block.timestamp);
    }

    function _publish(Terms memory terms, Weights memory weights) private returns (uint16 version) {
        if (terms.treasury == address(0)) revert MarketZeroTreasury();
        _requireWithin("feeBps", terms.feeBps, 0, _MOST_FEE_BPS);
        _requireWithin("toleranceBps", terms.toleranceBps, 0, _MOST_TOLERANCE_BPS);
        _requireWithin("noShowBps", terms.noShowBps, 0, _MOST_NO_SHOW_BPS);
        _requireWithin("noticePeriod", terms.noticePeriod, _LEAST_NOTICE, _MOST_NOTICE);
        _requireWithin("activationWindow", terms.activationWindow, _LEAST_ACTIVATION_WINDOW, _MOST_ACTIVATION_WINDOW);
        _requireWithin("creditPeriod", terms.creditPeriod, _LEAST_CREDIT_PERIOD, _MOST_CREDIT_PERIOD);
        Current memory current = _book.current;
        version = current.termsVersion + 1;
        (current.termsVersion, current.feeBps, current.activationWindow) = (
            version,
            terms.feeBps,
            terms.activationWindow
        );
        _book.current = current;
        _book.terms[version] = terms;
        _book.weights[version] = Collateral.pack(weights);
        emit TermsPublished(version, terms, weights);
    }

    function _requireWithin(string memory name, uint256 value, uint256 least, uint256 most) private pure {
        if (value < least || value > most) revert MarketParameterOutOfBounds(name, value, least, most);
    }
}
