// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IMarket} from "./IMarket.sol";
import {LeaseId, OfferId} from "../types/Ids.sol";
import {LeaseStatus} from "../types/LeaseTypes.sol";

/// @title Standing orders: leases that go on by themselves
/// @notice A tenant orders once that its lease be renewed, how often, for how long, and at what price at most. In the
/// hour before the lease's end anyone carries that out, for the market's bounty, which the tenant pays out of its free
/// balance. Whatever the order does not allow does not happen, and the lease simply ends (INV-ORD-1).
///
/// Where the provider was dark beyond the allowance, gave notice, or retired the offer, a lease is not renewed. Near
/// its end it fails over instead, to the first of the order's fallback offers that fits: as a new lease of the same
/// units, for the order's period. The order moves to the new lease, and the old lease is left to expire.
///
/// An order belongs to the tenant who placed it. Once the lease has changed hands it is void, for good (INV-ORD-2).
///
/// Orders can be rebuilt from events. `OrderPlaced` starts one. Each `LeaseRenewed` of the market takes one renewal off
/// it. `OrderFailedOver` moves it to the new lease, with the renewals that are left. It is gone when none is left,
/// after `OrderCancelled`, and after the market's `LeaseTransferred` and the end of the lease. After `NoticeGiven` it
/// serves for failover alone.
interface IStandingOrders {
    /// @notice What a tenant ordered for one lease. One storage slot.
    struct StandingOrder {
        uint120 maxPricePerSecondX32; // per unit-second, base units times 2^32
        uint32 period; // seconds that each renewal moves the end by
        uint8 count; // renewals that are left; 0: no order
        uint88 maxBounty; // that each renewal may cost, base units
        uint8 transfers; // of the lease when the order was placed; void at any other number
    }

    /// @notice An offer that an order falls back to. It names the provider, too: after a reorganisation of the chain
    /// another provider's offer may have this number.
    struct Fallback {
        OfferId offer;
        address provider;
    }

    /// @notice The tenant placed an order. It replaces the one that the lease may have had.
    event OrderPlaced(
        LeaseId indexed leaseId,
        address indexed tenant,
        uint256 period,
        uint256 count,
        uint256 maxPricePerSecondX32,
        uint256 maxBounty,
        Fallback[] fallbacks
    );

    /// @notice The tenant took the order back.
    event OrderCancelled(LeaseId indexed leaseId, address indexed tenant);

    /// @notice `by` opened lease `to` in the place of `from`. The order is that of `to` now, with `count` renewals
    /// left; with none it is used up.
    event OrderFailedOver(LeaseId indexed from, LeaseId indexed to, address indexed by, uint256 count);

    /// @notice Only the lease's tenant may do this.
    error OrdersNotTenant(LeaseId leaseId, address tenant, address caller);

    /// @notice The lease ended, or is active and its end has come; or its provider gave notice and the order names no
    /// fallback.
    error OrdersNotRenewable(LeaseId leaseId, LeaseStatus status, bool noticed);

    /// @notice A renewal lasts for an hour at least.
    error OrdersPeriodTooShort(uint256 period, uint256 least);

    /// @notice An order for no renewal; to end one, cancel it.
    error OrdersZeroCount();

    /// @notice More fallback offers than an order holds.
    error OrdersTooManyFallbacks(uint256 fallbacks, uint256 most);

    /// @notice There is no such offer yet: whoever creates it could serve the order.
    error OrdersUnknownOffer(OfferId offerId, uint256 offerCount);

    /// @notice The offer is another provider's.
    error OrdersOtherProvider(OfferId offerId, address provider, address named);

    /// @notice The lease has no order: none was placed, it is used up, or the lease changed hands since.
    error OrdersNoOrder(LeaseId leaseId);

    /// @notice The order names no fallback offer.
    error OrdersNoFallback(LeaseId leaseId);

    /// @notice Orders renewals of a pending or running lease of the caller. This replaces the order that the lease has.
    /// @param period seconds that each renewal moves the end by, at least an hour.
    /// @param count renewals at most, at least one; a failover is one of them.
    /// @param maxPricePerSecondX32 highest price per unit-second, base units times 2^32. A renewal pays the offer's
    /// price, a raise of which counts 24 hours after it was set. A failover pays the fallback's present price.
    /// @param maxBounty most that the caller of each renewal or failover may get, base units.
    /// @param fallbacks at most four existing offers in the lease's token, in order of preference. After a notice the
    /// order serves for failover to them alone.
    function setOrder(
        LeaseId leaseId,
        uint32 period,
        uint8 count,
        uint120 maxPricePerSecondX32,
        uint88 maxBounty,
        Fallback[] calldata fallbacks
    ) external;

    /// @notice Takes back the order of a lease of the caller.
    function cancelOrder(LeaseId leaseId) external;

    /// @notice Renews leases as their orders say, for the market's bounties. Anyone may; what cannot be renewed now is
    /// skipped, see `IMarketHooks.renew`. Never paused (INV-GOV-3).
    /// @return done how many were renewed.
    function renew(LeaseId[] calldata leaseIds) external returns (uint256 done);

    /// @notice Fails a lease over: opens a lease in its place, on the first fallback offer that fits and that the
    /// tenant can pay. Its provider must be dark beyond the allowance or have given notice, or its offer must be
    /// retired. It must be in the last quarter of its duration or of the order's period, whichever is shorter, and at
    /// most an hour before its end. Anyone may, for the market's bounty. This counts as an opening: pause, delisting,
    /// minimum lock and duration apply, and the new lease starts as a pending one.
    /// @return next the new lease, which has the order now.
    function failOver(LeaseId leaseId) external returns (LeaseId next);

    /// @notice The order of a lease and its fallback offers; all zero where there is none, or the lease is over. Where
    /// its provider gave notice, the lease is never renewed again and only fails over.
    function orderOf(LeaseId leaseId) external view returns (StandingOrder memory order, OfferId[] memory fallbacks);

    /// @notice Shortest period of an order, seconds.
    function MIN_PERIOD() external view returns (uint32);

    /// @notice Fallback offers that an order names at the most.
    function MAX_FALLBACKS() external view returns (uint256);

    /// @notice The market whose leases these are.
    function MARKET() external view returns (IMarket);
}
