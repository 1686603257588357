// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {LeaseId, OfferId} from "../types/Ids.sol";
import {OfferTerms, Order} from "../types/OfferTypes.sol";
import {Renewal} from "../types/Renewal.sol";

/// @title What the two contracts above the market ask of it
/// @notice Standing orders act for the tenant who placed them, quotes for the provider who signed them. Both contracts
/// are immutable, and the market knows them by immutable addresses. None of these functions can lock more of a tenant
/// than the tenant lets the market hold, or reach a bond that its provider did not put here.
interface IMarketHooks {
    /// @notice Only the contract of standing orders may do this.
    error MarketNotOrders(address caller);

    /// @notice Only the contract of signed quotes may do this.
    error MarketNotQuotes(address caller);

    /// @notice A lease fails over near its end only: in the last quarter of its duration or of its order's period,
    /// whichever is shorter, and at most an hour before its end.
    error MarketTooEarlyToRenew(LeaseId leaseId, uint256 from, uint256 now);

    /// @notice A lease fails over where its provider is dark beyond the allowance or gave notice, or its offer is
    /// retired. None of these is the case.
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

    /// @notice For standing orders: renews leases, and skips those that cannot be renewed. A lease is renewed where all
    /// of this holds: it is active and in the hour before its end; its tenant is the one who ordered; no notice was
    /// given; its offer is not retired; its provider is not dark beyond the allowance, neither under the present terms
    /// of the lease nor under those that the renewal brings; its token is listed; the period is at least an hour; price
    /// and bounty are within their caps; funds and bond suffice. Its end moves by the period. Where rate or terms
    /// change, everything earned so far is paid at the old ones, and the accumulator starts again at the new ones.
    /// @param caller who gets each lease's bounty, out of its tenant's free balance.
    /// @return done for each renewal, whether it took place.
    function renew(Renewal[] calldata renewals, address caller) external returns (bool[] memory done);

    /// @notice For standing orders: opens a new lease for the tenant of lease `from`, whose provider is dark beyond the
    /// allowance or gave notice, or whose offer is retired. `from` must be near its end: in the last quarter of its
    /// duration or of the order's, whichever is shorter, and at most an hour before its end. This counts as an opening;
    /// `from` is left to expire. Candidates that the tenant's free balance or ceiling cannot pay are passed over.
    /// @param order one replica, in the token of `from`, for the period of the standing order.
    /// @param caller who gets the bounty, out of the tenant's free balance.
    function failOver(
        LeaseId from,
        Order calldata order,
        uint256 maxBounty,
        address caller
    ) external returns (LeaseId leaseId);

    /// @notice For quotes: opens a lease for `tenant` at a signed price. The candidate's highest price is what is paid,
    /// whatever its offer's own price is.
    function openQuoted(address tenant, Order calldata order) external returns (LeaseId leaseId);

    /// @notice Creates an offer of `provider` that only quotes open leases on. For quotes.
    function createQuotedOffer(
        address provider,
        OfferTerms calldata terms,
        uint128 pricePerSecondX32,
        uint24 capacity
    ) external returns (OfferId offerId);
}
