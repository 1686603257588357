// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IEscrow} from "./IEscrow.sol";
import {LeaseId, OfferId} from "../types/Ids.sol";
import {Lease} from "../types/Lease.sol";
import {EndReason, LeaseStatus} from "../types/LeaseTypes.sol";
import {Misfit, Order} from "../types/OfferTypes.sol";

/// @title Leases: opened, activated, billed by the live second, ended
/// @notice
///     open --> pending --activate--> active --close, expire--> closed --collect--> released
///                 '--> cancelled (decline, cancel, no-show)
///
/// Opening locks the price of the whole term and a bounty, so a lease can always pay (INV-LSE-2). Billing starts at
/// activation and counts live seconds only. However often a lease is settled, each party is paid the same in all
/// (INV-LSE-3). All windows are half-open. Ending, collecting and cancelling ask no role (INV-LSE-7).
///
/// Batches skip what is not theirs to do, so one bad id blocks nobody; each item is done whole or not at all. Seconds
/// are Unix seconds of the block.
interface ILeases {
    /// @notice A lease was opened and is pending; `locked` includes the bounty of the listing.
    event LeaseOpened(
        LeaseId indexed leaseId,
        address indexed tenant,
        address indexed provider,
        uint256 units,
        uint256 duration,
        uint256 ratePerSecondX32,
        uint256 locked,
        uint256 collateral,
        uint256 termsVersion,
        uint256 listing
    );

    /// @notice Billing started; the provider had been dark for `darkSeconds` by then.
    event LeaseActivated(LeaseId indexed leaseId, uint256 startedAt, uint256 darkSeconds);

    /// @notice The lease ended. `refund` is free again, and `bounty` went to `by` (zero where the tenant closed).
    /// `billedSeconds` are billed at its present rate; what of that was not collected yet waits for collection.
    event LeaseClosed(
        LeaseId indexed leaseId,
        address indexed by,
        EndReason reason,
        uint256 endedAt,
        uint256 billedSeconds,
        uint256 refund,
        uint256 bounty
    );

    /// @notice The lease ended before activation. `refund` is free again, `bounty` went to `by`, and `penalty` of the
    /// collateral was taken.
    event LeaseCancelled(
        LeaseId indexed leaseId,
        address indexed by,
        EndReason reason,
        uint256 refund,
        uint256 bounty,
        uint256 penalty
    );

    /// @notice The provider was paid `amount`. It is paid now for the first `paidSeconds` that are billed at the
    /// present rate.
    event LeaseCollected(LeaseId indexed leaseId, uint256 paidSeconds, uint256 amount);

    /// @notice The lease is closed and paid for. `fee` went to the treasury; the fee on earnings that claims held is
    /// not part of it.
    event LeaseSettled(LeaseId indexed leaseId, uint256 fee);

    /// @notice The provider was dark beyond the allowance: `amount` of the collateral, in wei of HOLD, was taken for
    /// the tenant and the treasury.
    event ServiceCredited(LeaseId indexed leaseId, uint256 amount);

    /// @notice `payer` locked `locked` more, so that the lease lasts for `duration` seconds from its start.
    event LeaseExtended(LeaseId indexed leaseId, address indexed payer, uint256 duration, uint256 locked);

    /// @notice The provider gave notice: the lease lasts for `duration` seconds from its start, `refund` is free again.
    event NoticeGiven(LeaseId indexed leaseId, uint256 duration, uint256 refund);

    /// @notice The lease has other units and another rate from now on. What it had earned until now was paid: `amount`
    /// to the provider, `fee` to the treasury. The provider had been dark for `darkSeconds` by now. The tenant locked
    /// `locked` more or got `refund` back. The collateral is `collateral` now, what penalties took of it included.
    event LeaseResized(
        LeaseId indexed leaseId,
        uint256 units,
        uint256 ratePerSecondX32,
        uint256 amount,
        uint256 fee,
        uint256 darkSeconds,
        uint256 locked,
        uint256 refund,
        uint256 collateral
    );

    /// @notice `by` renewed the lease, which lasts for `duration` seconds from its start now. The tenant locked
    /// `locked` more, or got `refund` back, and paid `bounty`.
    event LeaseRenewed(
        LeaseId indexed leaseId,
        address indexed by,
        uint256 duration,
        uint256 locked,
        uint256 refund,
        uint256 bounty
    );

    /// @notice A renewal brought another rate or other terms. What the lease had earned until now was paid: `amount` to
    /// the provider, `fee` to the treasury. The provider had been dark for `darkSeconds` by now; the collateral is
    /// `collateral`, what penalties took of it included.
    event LeaseRepriced(
        LeaseId indexed leaseId,
        uint256 ratePerSecondX32,
        uint256 termsVersion,
        uint256 darkSeconds,
        uint256 collateral,
        uint256 amount,
        uint256 fee
    );

    /// @notice The tenant offers the lease to `recipient`; zero: to nobody any more.
    event TransferOffered(LeaseId indexed leaseId, address indexed tenant, address indexed recipient);

    /// @notice The lease has another tenant, with `locked` and all future refunds.
    event LeaseTransferred(LeaseId indexed leaseId, address indexed from, address indexed to, uint256 locked);

    /// @notice No claim is open any more, and what a shrink had left reserved until then is free again: the collateral
    /// is `collateral` now, what penalties took of it included.
    event CollateralLowered(LeaseId indexed leaseId, uint256 collateral);

    /// @notice The rest of the collateral returned to the provider's free bond; nothing is left in the lease.
    event CollateralReleased(LeaseId indexed leaseId, uint256 amount);

    /// @notice An order for nothing.
    error MarketEmptyOrder(uint256 units, uint256 duration, uint256 candidates, uint256 replicas);

    /// @notice No candidate fits; one reason for each, in the order's order.
    error MarketNoOfferFits(Misfit[] misfits);

    /// @notice The funding is signed by another account than the tenant's.
    error MarketNotFundingAccount(address account, address caller);

    /// @notice The lease is in another state.
    error MarketWrongStatus(LeaseId leaseId, LeaseStatus expected, LeaseStatus actual);

    /// @notice Only the lease's tenant may do this.
    error MarketNotTenant(LeaseId leaseId, address tenant, address caller);

    /// @notice The lease is another tenant's than the caller names.
    error MarketOtherTenant(LeaseId leaseId, address tenant, address named);

    /// @notice Only the provider's operator may do this.
    error MarketNotOperator(address provider, address operator, address caller);

    /// @notice A dark provider cannot activate; a heartbeat first.
    error MarketProviderDark(address provider);

    /// @notice From its end on, a lease can only be expired.
    error MarketLeaseEnded(LeaseId leaseId, uint256 end, uint256 now);

    /// @notice Declining was possible before the activation deadline only.
    error MarketTooLateToDecline(LeaseId leaseId, uint256 deadline, uint256 now);

    /// @notice The tenant may cancel from the activation deadline on.
    error MarketTooEarlyToCancel(LeaseId leaseId, uint256 deadline, uint256 now);

    /// @notice The lease would last longer than its offer's maximum duration, or no second was added.
    error MarketExtensionOutOfBounds(LeaseId leaseId, uint256 duration, uint256 most);

    /// @notice What the change locks is more than the caller allowed.
    error MarketCostTooHigh(LeaseId leaseId, uint256 most, uint256 cost);

    /// @notice The provider gave notice: the lease is not extended and does not grow.
    error MarketLeaseNoticed(LeaseId leaseId);

    /// @notice A notice moves the end to a moment that is at least the notice period away, and not after the present
    /// end. Where less than the notice period is left, the end stays.
    error MarketNoticeOutOfBounds(LeaseId leaseId, uint256 end, uint256 least, uint256 most);

    /// @notice The lease has that many units already, or zero units were asked for.
    error MarketUnitsUnchanged(LeaseId leaseId, uint256 units);

    /// @notice A lease does not shrink before the offer's minimum duration has passed, nor in the second in which it
    /// grew.
    error MarketTooEarlyToShrink(LeaseId leaseId, uint256 from, uint256 now);

    /// @notice The offer's price is more than the caller allowed.
    error MarketPriceTooHigh(OfferId offerId, uint256 most, uint256 price);

    /// @notice With more units at this price the rate would exceed the largest one. In base units per second times
    /// 2^32.
    error MarketRateTooLarge(LeaseId leaseId, uint256 rate, uint256 most);

    /// @notice The provider was not seen within half the grace: no lease is opened on its offers, and none grows.
    error MarketProviderStale(address provider);

    /// @notice The provider was dark for `dark` seconds since the start, more than the `allowed` ones: the lease does
    /// not grow.
    error MarketBeyondAllowance(LeaseId leaseId, uint256 dark, uint256 allowed);

    /// @notice The offer has fewer units left.
    error MarketCapacityShort(OfferId offerId, uint256 left, uint256 required);

    /// @notice The provider's free bond does not cover the collateral.
    error MarketBondShort(address provider, uint256 free, uint256 required);

    /// @notice The lease was not offered to the caller.
    error MarketNotRecipient(LeaseId leaseId, address recipient, address caller);

    /// @notice Less is locked for the lease than the recipient asks for, base units.
    error MarketLockedTooLow(LeaseId leaseId, uint256 least, uint256 locked);

    /// @notice `OUTAGE_ALLOWANCE` would be outside its bounds.
    error MarketAllowanceOutOfBounds(uint256 allowance, uint256 most);

    /// @notice Opens leases for the caller, `replicas` of them, on the first candidates that fit, each of another
    /// provider, and locks their whole price. All or nothing. Providers are addresses: two of them may be one person's.
    function open(Order calldata order) external returns (LeaseId[] memory leaseIds);

    /// @notice Deposits, approves this market and opens, in one transaction, by the caller's signatures. A permit or
    /// funding that somebody submitted first is no failure.
    function openFunded(
        Order calldata order,
        IEscrow.Funding calldata funding,
        bytes calldata signature,
        IEscrow.Permit calldata permit
    ) external returns (LeaseId[] memory leaseIds);

    /// @notice Ends an active lease of the caller before its end. Its live seconds are billed, and the seconds that are
    /// missing to the offer's minimum duration. The missing seconds are not billed where the provider was dark beyond
    /// the allowance or gave notice, or where a claim on the lease was upheld. The rest is free again at once.
    function close(LeaseId leaseId) external;

    /// @notice Pays for `addedSeconds` more of a running lease, at its own rate, to at most its offer's maximum
    /// duration. Anyone may; refunds go to the tenant. Not after notice or on a retired offer.
    /// @param tenant of the lease. After a reorganisation of the chain another tenant's lease may have this number.
    /// @param maxCost most that the caller locks, base units.
    function extend(LeaseId leaseId, address tenant, uint32 addedSeconds, uint256 maxCost) external;

    /// @notice Changes the units of a running lease of the caller, and pays provider and treasury what it earned so
    /// far.
    ///
    /// Added units cost the offer's present price. They need capacity, bond, a provider that was seen within half the
    /// grace, and a lease that is within its dark allowance. A lease does not grow after notice, nor on an offer that
    /// is retired or takes signed quotes alone.
    ///
    /// A lease shrinks once the minimum duration has passed, and not in the second in which it grew. The units leave
    /// with their share of rate and collateral; while a claim is open the collateral stays.
    /// @param maxPricePerSecondX32 highest price of added units.
    /// @param maxCost most that is locked more, base units.
    function resize(LeaseId leaseId, uint24 units, uint128 maxPricePerSecondX32, uint256 maxCost) external;

    /// @notice Offers a running lease of the caller to `recipient`, who must accept it; zero takes the offer back.
    function offerTransfer(LeaseId leaseId, address recipient) external;

    /// @notice Takes over a lease that was offered to the caller, with what is locked for it and all future refunds.
    /// Its standing order becomes void. A lease changes hands at most 63 times. The caller must have approved this
    /// market in escrow once, with any ceiling.
    /// @param minLocked least that must be locked for it, base units: the tenant may have shrunk the lease meanwhile.
    function acceptTransfer(LeaseId leaseId, uint256 minLocked) external;

    /// @notice For the provider: moves the end of a running lease to `end`. That is at least the notice period away,
    /// and not after the present end; where less than the notice period is left, the end stays. The tenant gets the
    /// price of the time after `end` back, and may close at any time without a minimum. The lease is neither extended
    /// nor renewed any more.
    function giveNotice(LeaseId leaseId, uint40 end) external;

    /// @notice Cancels a pending lease of the caller, from its activation deadline on; everything is free again. Once
    /// the outage allowance has passed too, it counts as a no-show, and the penalty is due.
    function cancel(LeaseId leaseId) external;

    /// @notice Starts billing of pending leases, until the activation deadline and the outage allowance have passed.
    /// For their providers' operators; the providers must be live.
    /// @return done how many were started; others were not pending, or too late.
    function activate(LeaseId[] calldata leaseIds) external returns (uint256 done);

    /// @notice Refuses a pending lease before its activation deadline, for a quarter of the no-show penalty. For the
    /// provider itself: its operator's key reaches no bond (INV-OPR-1).
    function decline(LeaseId leaseId) external;

    /// @notice Ends active leases whose end has come. The caller gets their bounties; nobody pays for its delay.
    /// @return done how many were ended.
    function expire(LeaseId[] calldata leaseIds) external returns (uint256 done);

    /// @notice Cancels pending leases whose activation deadline and outage allowance have passed. The caller gets their
    /// bounties, the tenants the rest, and the no-show penalties are due, all of them the treasury's.
    /// @return done how many were cancelled.
    function cancelNoShows(LeaseId[] calldata leaseIds) external returns (uint256 done);

    /// @notice Pays providers what their leases earned and were not paid for. Of a closed lease it takes the fee and
    /// the service credit and writes the provider's record, once, and releases the collateral where that is due. Anyone
    /// may call it.
    /// @return done in how many leases something was paid or released.
    function collect(LeaseId[] calldata leaseIds) external returns (uint256 done);

    /// @notice Lease `leaseId` as it is stored; all zero where there is none. The lens decodes it.
    function leaseById(LeaseId leaseId) external view returns (Lease memory);

    /// @notice The account that lease `leaseId` is offered to, and that has not accepted yet; zero: there is none.
    function recipientOf(LeaseId leaseId) external view returns (address);

    /// @notice Seconds of darkness that cost nobody a penalty, on top of a lease's tolerance, and the time that a
    /// provider has beyond the activation deadline. Immutable per network.
    function OUTAGE_ALLOWANCE() external view returns (uint32);
}
