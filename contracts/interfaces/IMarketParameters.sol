// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Listing, PackedWeights, Terms, TokenTerms, Weights} from "../types/Parameters.sol";

/// @title The governed side of the market
/// @notice Governance publishes terms in numbered versions, lists payment tokens, and may pause entries for a while. A
/// lease keeps the versions that it was opened with, so nothing here touches an open lease (INV-LSE-9), and every value
/// has bounds that no vote can pass (INV-GOV-2). These are the only functions that ask the AccessManager.
interface IMarketParameters {
    /// @notice New leases take these terms and collateral weights with them.
    event TermsPublished(uint256 indexed version, Terms terms, Weights weights);

    /// @notice New leases may be paid in `token`, which has the given number, as listing `listing` says.
    event TokenListed(
        address indexed token,
        uint256 indexed listing,
        uint256 number,
        uint256 minimumLock,
        uint256 bounty
    );

    /// @notice No new lease is paid in `token`. Open ones go on.
    event TokenDelisted(address indexed token);

    /// @notice No lease is opened and no offer created until `until`.
    event EntriesPaused(uint256 until);

    /// @notice A governed value outside its bounds.
    error MarketParameterOutOfBounds(string name, uint256 value, uint256 least, uint256 most);

    /// @notice Fees would go to an account that nobody takes them out of: zero, or one of our own contracts that the
    /// market knows.
    error MarketInvalidTreasury(address treasury);

    /// @notice The token is not listed.
    error MarketTokenNotListed(address token);

    /// @notice Entries are paused until `until`. Every exit works.
    error MarketPaused(uint256 until, uint256 now);

    /// @notice Sets the terms and weights of leases opened from now on. For governance.
    /// @return version its number, one more than the last.
    function publishTerms(Terms calldata terms, Weights calldata weights) external returns (uint16 version);

    /// @notice Lists a payment token, or changes how it is listed, for leases opened from now on. For governance.
    /// Tokens and listings are numbered from 1, at most 65,535 of each.
    /// @param minimumLock least that a lease may lock, base units.
    /// @param bounty what a lease locks for whoever expires it, base units, at most `minimumLock`.
    function listToken(address token, uint112 minimumLock, uint96 bounty) external;

    /// @notice Takes a payment token off the list. For governance.
    function delistToken(address token) external;

    /// @notice Stops new leases and new offers for `duration` seconds, at most 7 days; it ends by itself, and zero ends
    /// it now. For the guardian. No exit, activation or settlement ever asks for it (INV-GOV-3).
    function pauseEntries(uint32 duration) external;

    /// @notice The version that a lease opened now would take.
    function currentTermsVersion() external view returns (uint16);

    /// @notice Terms of a version, from 1; all zero where there is none.
    function termsOf(uint16 version) external view returns (Terms memory);

    /// @notice Collateral weights of a version.
    function weightsOf(uint16 version) external view returns (PackedWeights);

    /// @notice How `token` is listed now.
    function tokenTermsOf(address token) external view returns (TokenTerms memory);

    /// @notice Token and bounty of listing `listing`, from 1; all zero where there is none.
    function listingOf(uint16 listing) external view returns (Listing memory);

    /// @notice The token with number `number`, from 1.
    function tokenByNumber(uint16 number) external view returns (address);

    /// @notice Entries are paused while block.timestamp is below this.
    function pausedUntil() external view returns (uint40);
}
