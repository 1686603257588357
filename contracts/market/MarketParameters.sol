// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IMarketParameters} from "../interfaces/IMarketParameters.sol";
import {Governed} from "../libraries/Governed.sol";
import {Book} from "../types/Book.sol";
import {Listing, PackedWeights, Terms, TokenTerms, Weights} from "../types/Parameters.sol";

/// @title MarketParameters
/// @notice Parameters in numbered versions; the manual is IMarketParameters.
/// @dev The only functions of the market that ask the AccessManager are here. The linked library Governed carries them
/// out, within bounds that no vote can pass.
abstract contract MarketParameters is AccessManaged, IMarketParameters {
    Book internal _book;

    constructor(address authority) AccessManaged(authority) {}

    // ---------------------------------------------------------------------------------------------- governance

    /// @inheritdoc IMarketParameters
    function publishTerms(Terms calldata terms, Weights calldata weights) external restricted returns (uint16) {
        _requireOutside(terms.treasury);
        return Governed.publish(_book, terms, weights);
    }

    /// @inheritdoc IMarketParameters
    function listToken(address token, uint112 minimumLock, uint96 bounty) external restricted {
        Governed.listToken(_book, token, minimumLock, bounty);
    }

    /// @inheritdoc IMarketParameters
    function delistToken(address token) external restricted {
        Governed.delistToken(_book, token);
    }

    /// @inheritdoc IMarketParameters
    function pauseEntries(uint32 duration) external restricted {
        Governed.pauseEntries(_book, duration);
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

    /// @dev Demands that a treasury is an account that can take its money out again: none of our own contracts.
    function _requireOutside(address treasury) internal view virtual;
}
