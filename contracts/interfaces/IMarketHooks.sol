// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {LeaseId, OfferId} from "../types/Ids.sol";
import {OfferTerms, Order} from "../types/OfferTypes.sol";
import {Renewal} from "../types/Renewal.sol";

/// @title What the two contracts above the market ask of it
/// @notice Standing orders act for the tenant who placed them, quotes for the provider who signed them. Both are
/// immutable, and the market knows them by immutable addresses. None of these functions can lock more of a tenant than
/// the tenant lets the market hold, or reach a bond that its provider did not put here.
interface IMarketHooks {
    /// @notice Only the contract of standing orders may do this.
    error MarketNotOrders(address caller);

    /// @notice Only the contract of signed quotes may do this.
    error MarketNotQuotes(address caller);

    /// @notice A lease fails over in the last quarter of its duration or of its order's period only, whichever is shorter, at
    /// most an hour.
    error MarketTooEarlyToRenew(LeaseId leaseId, uint256 from, uint256 now);

    /// @notice A lease fails over when its provider is dark beyond the allowance or gave notice, or its offer is retired; none
    /// of these is so.
    error MarketStillServed(LeaseId leaseId);

    /// @notice The bounty is more than the tenant's order allows.
    error MarketBountyTooHigh(address token, uint256 most, uint256 bounty);

    /// @notice The tenant cannot pay the bounty: its free balance, or what it lets the market hold, is too low.
    error MarketBountyUnpaid(address token, address tenant, uint256 bounty);

    /// @notice The contract of standing orders.
    function ORDERS() external view returns (address);

    /// @notice The contract of signed quotes.
    function QUOTES() external view returns (address);

    /// @notice Price per unit-second, in base units times 2^32, that a renewal on `offerId` pays now: a raise counts 24
    /// hours after it was set.
    function renewalPriceOf(OfferId offerId) external view returns (uint128);

    /// @notice Renews leases where they are; skips what cannot be. For standing orders. A lease is renewed where it is
    /// active and in the hour before its end, no notice was given, its offer is not retired, its provider not dark beyond
    /// the allowance, its token listed, the period at least an hour, price and bounty within their caps, and funds and bond
    /// suffice. Its end moves by the period; where rate or terms changed, everything earned is paid at the old ones, and
    /// the accumulator starts again at the present ones.
    /// @param caller who gets each lease's bounty, out of its tenant's free balance.
    /// @return done for each renewal, whether it took place.
    function renew(Renewal[] calldata renewals, address caller) external returns (bool[] memory done);

    /// @notice Opens a new lease for the tenant of lease `from`, which is near its end, and whose provider is dark beyond the
    /// allowance or gave notice, or whose offer is retired. Near its end is the last quarter of its duration or of the order's,
    /// whichever is shorter, at most an hour. For standing orders. Counts as an opening; `from` is left to expire. Candidates
    /// that the tenant's free balance or ceiling cannot pay are passed over.
    /// @param order one replica, in the token of `from`, for the period of the standing order.
    /// @param caller who gets the bounty, out of the tenant's free balance.
    function failOver(
        LeaseId from,
        Order calldata order,
        uint256 maxBounty,
        address caller
    ) external returns (LeaseId leaseId);

    /// @notice Opens a lease for `tenant` at a signed price: the candidate's highest price is what is paid, whatever its
    /// offer's own is. For quotes.
    function openQuoted(address tenant, Order calldata order) external returns (LeaseId leaseId);

    /// @notice Creates an offer of `provider` that only quotes open leases on. For quotes.
    function createQuotedOffer(
        address provider,
        OfferTerms calldata terms,
        uint128 pricePerSecondX32,
        uint24 capacity
    ) external returns (OfferId offerId);
}
