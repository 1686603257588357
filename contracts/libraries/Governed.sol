// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Collateral} from "./Collateral.sol";
import {IMarketParameters} from "../interfaces/IMarketParameters.sol";
import {Book, Current} from "../types/Book.sol";
import {Listing, Terms, TokenTerms, Weights} from "../types/Parameters.sol";

/// @title Governed
/// @notice The governed parameters of a market and their bounds. Linked to the market, which asks for the caller's
/// role.
/// @dev Versions are written once: a lease that names one keeps it whatever governance does later (INV-LSE-9).
library Governed {
    uint256 internal constant MAX_FEE_BPS = 1_000;
    uint256 internal constant MAX_TOLERANCE_BPS = 1_000;
    uint256 internal constant MAX_NO_SHOW_BPS = 2_500;
    uint256 internal constant MIN_NOTICE = 1 hours;
    uint256 internal constant MAX_NOTICE = 30 days;
    uint256 internal constant MIN_ACTIVATION_WINDOW = 5 minutes;
    uint256 internal constant MAX_ACTIVATION_WINDOW = 24 hours;
    uint256 internal constant MIN_CREDIT_PERIOD = 1 days;
    uint256 internal constant MAX_CREDIT_PERIOD = 365 days;
    uint256 internal constant MAX_PAUSE = 7 days;

    /// @notice See IMarketParameters.publishTerms.
    function publish(
        Book storage book,
        Terms calldata terms,
        Weights calldata weights
    ) external returns (uint16 version) {
        _requireWithin("feeBps", terms.feeBps, 0, MAX_FEE_BPS);
        _requireWithin("toleranceBps", terms.toleranceBps, 0, MAX_TOLERANCE_BPS);
        _requireWithin("noShowBps", terms.noShowBps, 0, MAX_NO_SHOW_BPS);
        _requireWithin("noticePeriod", terms.noticePeriod, MIN_NOTICE, MAX_NOTICE);
        _requireWithin("activationWindow", terms.activationWindow, MIN_ACTIVATION_WINDOW, MAX_ACTIVATION_WINDOW);
        _requireWithin("creditPeriod", terms.creditPeriod, MIN_CREDIT_PERIOD, MAX_CREDIT_PERIOD);
        Current memory current = book.current;
        version = current.termsVersion + 1;
        (current.termsVersion, current.feeBps, current.activationWindow) = (
            version,
            terms.feeBps,
            terms.activationWindow
        );
        book.current = current;
        book.terms[version] = terms;
        book.weights[version] = Collateral.pack(weights);
        emit IMarketParameters.TermsPublished(version, terms, weights);
    }

    /// @notice See IMarketParameters.listToken.
    function listToken(Book storage book, address token, uint112 minimumLock, uint96 bounty) external {
        _requireWithin("bounty", bounty, 0, minimumLock);
        Current memory current = book.current;
        uint16 number = book.tokenTerms[token].number;
        if (number == 0) {
            number = ++current.tokenCount;
            book.tokens[number] = token;
        }
        uint16 listing = ++current.listingCount;
        book.current = current;
        book.listings[listing] = Listing({token: token, bounty: bounty});
        book.tokenTerms[token] = TokenTerms({
            minimumLock: minimumLock,
            bounty: bounty,
            number: number,
            listing: listing,
            listed: true
        });
        emit IMarketParameters.TokenListed(token, listing, number, minimumLock, bounty);
    }

    /// @notice See IMarketParameters.delistToken.
    function delistToken(Book storage book, address token) external {
        if (!book.tokenTerms[token].listed) revert IMarketParameters.MarketTokenNotListed(token);
        book.tokenTerms[token].listed = false;
        emit IMarketParameters.TokenDelisted(token);
    }

    /// @notice See IMarketParameters.pauseEntries.
    function pauseEntries(Book storage book, uint32 duration) external {
        _requireWithin("pause", duration, 0, MAX_PAUSE);
        uint40 until = uint40(block.timestamp) + duration;
        book.current.pausedUntil = until;
        emit IMarketParameters.EntriesPaused(until);
    }

    function _requireWithin(string memory name, uint256 value, uint256 least, uint256 most) private pure {
        if (value < least || value > most) {
            revert IMarketParameters.MarketParameterOutOfBounds(name, value, least, most);
        }
    }
}
