// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IEscrow} from "./IEscrow.sol";
import {IMarket} from "./IMarket.sol";
import {LeaseId, OfferId} from "../types/Ids.sol";
import {OfferTerms} from "../types/OfferTypes.sol";

/// @title Quotes: prices that providers sign for tenants
/// @notice A provider signs an EIP-712 quote off-chain, at no cost; a tenant opens leases with it at the quoted price,
/// whatever the offer's own price is. A quote stands on an offer of its signer, or brings its own terms: the first
/// lease then creates an offer that only quotes open leases on, and later leases of that quote are opened on it.
///
/// A quote opens at most its units, summed over all its leases (INV-QTE-1), before its expiry and until its provider
/// cancels it (INV-QTE-2), for its tenant (INV-QTE-3), at its price (INV-QTE-4), signed by the offer's own provider for
/// this contract on this chain (INV-QTE-5). It promises no more than the offer itself: capacity, bond, liveness,
/// minimum lock and pause count as for any opening, and where they do not allow it, the opening does not fit.
///
/// The quoted price is that of the lease as opened. Renewals, and units that a resize adds, pay the price of the offer
/// (a raise of it after 24 hours); on an offer that a quote created no resize adds units. So a tenant who wants the
/// quoted price for longer opens for longer, or asks for a quote with terms. A lease that is open stays open whatever
/// becomes of its quote.
///
/// ECDSA and ERC-1271 signatures count, for accounts with delegated code either; an ERC-1271 account is asked each
/// time. A quote for anyone is for whoever comes first: it can be copied out of a transaction that waits.
interface IQuotes {
    /// @notice What a provider signs.
    struct Quote {
        address provider; // who signs
        OfferId offer; // an offer of the provider; 0: the quote brings its own terms
        OfferTerms terms; // of the offer that the first lease creates; all zero where there is an offer
        uint128 pricePerSecondX32; // per unit-second, base units of the payment token times 2^32
        uint24 units; // that may be opened with this quote, in all
        uint40 expiry; // the quote counts while block.timestamp is below this
        address tenant; // the only one who may open; 0: anyone
        uint256 salt; // tells quotes apart that are otherwise the same
        uint256 epoch; // of the provider, see `cancelAll`
    }

    /// @notice What became of a quote. One storage slot.
    struct QuoteState {
        address token; // payment token; zero before the first lease
        OfferId offer; // that leases are opened on; 0 before the first lease
        uint24 opened; // units opened so far
        bool cancelled;
    }

    /// @notice Lease `leaseId` of `units` was opened with a quote, which has opened `opened` units by now.
    event QuoteOpened(
        address indexed provider,
        bytes32 indexed digest,
        LeaseId indexed leaseId,
        uint256 units,
        uint256 opened
    );

    /// @notice The provider cancelled a quote.
    event QuoteCancelled(address indexed provider, bytes32 indexed digest);

    /// @notice The provider cancelled every quote of an epoch below `epoch`.
    event AllQuotesCancelled(address indexed provider, uint256 epoch);

    /// @notice The quote expired.
    error QuotesExpired(uint256 expiry, uint256 now);

    /// @notice The quote is for another tenant.
    error QuotesNotTenant(address tenant, address caller);

    /// @notice The provider is in another epoch: it cancelled this quote with all others, or signed too far ahead.
    error QuotesOtherEpoch(address provider, uint256 expected, uint256 actual);

    /// @notice The provider cancelled this quote.
    error QuotesCancelled(address provider, bytes32 digest);

    /// @notice The quote has fewer units left.
    error QuotesUnitsShort(bytes32 digest, uint256 left, uint256 required);

    /// @notice The provider did not sign this.
    error QuotesInvalidSignature(address provider, bytes32 digest);

    /// @notice The offer is another provider's, or there is none.
    error QuotesNotProvider(OfferId offerId, address provider, address signer);

    /// @notice A quote on an offer brought terms of its own, which would mean nothing.
    error QuotesTermsOnOffer(OfferId offerId);

    /// @notice The funding is signed by another account than the tenant's.
    error QuotesNotFundingAccount(address account, address caller);

    /// @notice Opens a lease for the caller at the quoted price, fully funded as any other.
    /// @param units of the lease; the rest of the quote's units stay open.
    /// @param duration seconds.
    /// @param maxLock most that may be locked, bounty included, base units.
    function open(
        Quote calldata quote,
        bytes calldata signature,
        uint24 units,
        uint32 duration,
        uint120 maxLock
    ) external returns (LeaseId leaseId);

    /// @notice Deposits, approves the market and opens, in one transaction, by the caller's signatures. A permit or
    /// funding that somebody submitted first is no failure.
    function openFunded(
        Quote calldata quote,
        bytes calldata signature,
        uint24 units,
        uint32 duration,
        uint120 maxLock,
        IEscrow.Funding calldata funding,
        bytes calldata fundingSignature,
        IEscrow.Permit calldata permit
    ) external returns (LeaseId leaseId);

    /// @notice Cancels one quote of the caller, used already or not, by its digest. Nobody else's quote is in reach.
    function cancel(bytes32 digest) external;

    /// @notice Cancels all quotes that the caller has signed: only those of the next epoch count from now on.
    function cancelAll() external;

    /// @notice What the provider signs (EIP-712), and what names the quote.
    function quoteDigest(Quote calldata quote) external view returns (bytes32);

    /// @notice What became of the quote of `provider` with that digest; all zero where it was neither used nor
    /// cancelled.
    function quoteStateOf(address provider, bytes32 digest) external view returns (QuoteState memory);

    /// @notice The epoch that quotes of `provider` must be of, from 0.
    function epochOf(address provider) external view returns (uint256);

    /// @notice The market that leases are opened on.
    function MARKET() external view returns (IMarket);
}
