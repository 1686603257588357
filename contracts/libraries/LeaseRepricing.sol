// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Accrual} from "./Accrual.sol";
import {Collateral} from "./Collateral.sol";
import {LeaseLib} from "./LeaseLib.sol";
import {IEscrow} from "../interfaces/IEscrow.sol";
import {ILeases} from "../interfaces/ILeases.sol";
import {IMarketHooks} from "../interfaces/IMarketHooks.sol";
import {Book} from "../types/Book.sol";
import {Entry, toMovement} from "../types/Entry.sol";
import {LeaseId} from "../types/Ids.sol";
import {Lease} from "../types/Lease.sol";
import {HistoryFields, LeaseHistory, toLeaseHistory} from "../types/LeaseHistory.sol";
import {LeaseProgress} from "../types/LeaseProgress.sol";
import {LeaseTerms} from "../types/LeaseTerms.sol";
import {Offer} from "../types/OfferTypes.sol";

/// @title LeaseRepricing
/// @notice Renewals that bring another rate or other terms, and what a failover asks. Linked to the market, whose
/// storage it works on.
library LeaseRepricing {
    /// @notice What a renewal found out before it came here.
    struct Change {
        address provider;
        address token;
        uint256 bounty; // base units
        uint128 rate; // from now on
        uint32 dark; // of the provider, until now
    }

    /// @dev What is worked out here.
    struct Sums {
        uint256 locked; // by the tenant, in addition, base units
        uint256 refund; // to the tenant, base units
        uint256 collateral; // millionths of a HOLD
        uint256 liable; // of it, what faults and darkness count on until now
        uint256 added; // to the collateral, millionths of a HOLD
        bool grown; // faults and darkness count on more from now on
        uint16 version; // of the terms, from now on
        uint16 treasuryVersion;
    }

    /// @dev The window for failover is this part of the lease's duration, or of its order's period where that is
    /// shorter.
    uint256 internal constant WINDOW_DIVISOR = 4;

    /// @notice Renews a lease at another rate or under other terms: everything earned is paid, fee included, at the old
    /// ones, and the accumulator starts again. The collateral is the larger of the old and the new; the treasury stays.
    /// @param next the lease's terms with the new duration.
    /// @param caller who gets the bounty.
    /// @return done false where bond or funds do not suffice, and then nothing changed.
    function restart(
        Book storage book,
        LeaseLib.Vaults calldata vaults,
        LeaseId leaseId,
        LeaseTerms next,
        address caller,
        Change calldata change
    ) external returns (bool done) {
        // Check: the darkness so far is within the allowance under the new terms, too. So the new terms change nothing
        // that happened before them (INV-LSE-9). Then bond and money are tried, in this order.
        Lease storage lease = book.leases[leaseId];
        LeaseProgress progress = lease.progress;
        uint32 dark = change.dark - progress.mark();
        uint32 lived = uint32(block.timestamp - progress.since()); // before the end
        LeaseTerms renewed = next.withVersion(book.current.termsVersion);
        if (LeaseLib.darkBeyond(book, renewed, vaults.outageAllowance, dark, lived) != 0) return false;
        LeaseHistory history = LeaseLib.historyOf(lease, lease.terms);
        Accrual.Payment memory payment = Accrual.paymentOf(
            lease.terms,
            progress,
            history,
            LeaseLib.claimsOf(lease, progress),
            change.dark
        );
        Sums memory sums = _sumsOf(book, leaseId, lease, next, change.rate, payment);
        address tenant = next.tenant();
        uint256 reserved = sums.added * Collateral.UNIT;
        if (reserved != 0 && !vaults.staking.tryReserve(change.provider, reserved)) return false;
        if (!vaults.escrow.tryLockAndPay(change.token, tenant, sums.locked, change.bounty, caller)) {
            if (reserved != 0) vaults.staking.release(change.provider, reserved);
            return false;
        }

        // Effect: the fee is the new one, whatever claims are open. Each claim keeps the fee that its held earnings
        // were earned at.
        HistoryFields memory fields = Accrual.fieldsOf(payment, progress, history, lease.terms.changed(), change.dark);
        fields.collateral = sums.collateral + sums.added;
        fields.treasuryVersion = sums.treasuryVersion;
        if (sums.grown) Accrual.grow(fields, sums.liable);
        lease.history = toLeaseHistory(fields);
        lease.terms = renewed.withChanged();
        lease.progress = progress.withRate(change.rate).withFeeBps(book.current.feeBps);
        if (progress.claimed()) lease.claims = lease.claims.withoutAside();
        emit ILeases.LeaseRepriced(
            leaseId,
            change.rate,
            sums.version,
            change.dark,
            fields.collateral * Collateral.UNIT,
            payment.amount,
            payment.fee
        );
        emit ILeases.LeaseRenewed(leaseId, caller, next.duration(), sums.locked, sums.refund, change.bounty);

        // Interaction
        Entry[] memory lines = new Entry[](3);
        lines[0] = Entry(tenant, toMovement(sums.refund + payment.amount + payment.fee, sums.refund));
        lines[1] = Entry(change.provider, toMovement(0, payment.amount));
        lines[2] = Entry(book.terms[sums.treasuryVersion].treasury, toMovement(0, payment.fee));
        vaults.escrow.settle(change.token, lines);
        return true;
    }

    /// @notice Demands that lease `from` may fail over: it is active, near its end, and its provider is dark beyond the
    /// allowance or gave notice, or its offer is retired. Near its end is the last quarter of its duration or of the
    /// order's period, whichever is shorter, and at most the last hour. So a provider that retires one fallback after
    /// the other, or gives notice of each new lease, makes a tenant pay twice for no more than that time (ATK-ORD-1).
    /// Pays the caller's bounty out of the tenant's free balance.
    /// @param period of the order, seconds.
    /// @return tenant of the lease.
    /// @return affordable base units that the tenant's free balance and ceiling still allow the market to lock.
    function startFailOver(
        Book storage book,
        LeaseLib.Vaults calldata vaults,
        LeaseId from,
        address token,
        uint32 period,
        uint256 maxBounty,
        address caller
    ) external returns (address tenant, uint256 affordable) {
        Lease storage lease = book.leases[from];
        (LeaseTerms terms, LeaseProgress progress) = (lease.terms, lease.progress);
        LeaseLib.requireRunning(from, terms, progress);
        if (terms.duration() < period) period = terms.duration();
        uint256 window = period / WINDOW_DIVISOR;
        if (window > LeaseLib.RENEWAL_WINDOW) window = LeaseLib.RENEWAL_WINDOW;
        uint256 opens = LeaseLib.endOf(terms, progress) - window;
        if (block.timestamp < opens) revert IMarketHooks.MarketTooEarlyToRenew(from, opens, block.timestamp);
        Offer storage offer = book.offers[from.offerOf()];
        if (!offer.retired && !terms.noticed()) {
            uint32 dark = vaults.liveness.darkSecondsUntil(offer.state.provider(), uint40(block.timestamp));
            uint32 lived = uint32(block.timestamp - progress.since()); // before the end
            if (LeaseLib.darkBeyond(book, terms, vaults.outageAllowance, dark - progress.mark(), lived) == 0) {
                revert IMarketHooks.MarketStillServed(from);
            }
        }
        uint256 bounty = book.tokenTerms[token].bounty;
        if (bounty > maxBounty) revert IMarketHooks.MarketBountyTooHigh(token, maxBounty, bounty);
        tenant = terms.tenant();
        if (!vaults.escrow.tryLockAndPay(token, tenant, 0, bounty, caller)) {
            revert IMarketHooks.MarketBountyUnpaid(token, tenant, bounty);
        }
        affordable = _affordable(vaults.escrow, token, tenant);
    }

    // ------------------------------------------------------------------------------------------------- internal

    function _sumsOf(
        Book storage book,
        LeaseId leaseId,
        Lease storage lease,
        LeaseTerms next,
        uint128 rate,
        Accrual.Payment memory payment
    ) private view returns (Sums memory sums) {
        LeaseTerms terms = lease.terms;
        uint256 remaining = LeaseLib.endOf(next, lease.progress) - block.timestamp;
        (sums.locked, sums.refund) = Accrual.difference(payment, rate, remaining);
        sums.version = book.current.termsVersion;
        sums.treasuryVersion = LeaseLib.treasuryVersionOf(lease, terms);
        sums.collateral = LeaseLib.collateralOf(book, leaseId, lease, terms);
        sums.liable = LeaseLib.liableOf(book, leaseId, lease, terms);
        if (sums.version == terms.termsVersion()) return sums;
        uint256 needed = LeaseLib.neededOf(book, leaseId, terms.withVersion(sums.version));
        if (needed > sums.collateral) sums.added = needed - sums.collateral;
        sums.grown = needed > sums.liable;
    }

    /// @dev What the market may lock of a tenant now.
    function _affordable(IEscrow escrow, address token, address tenant) private view returns (uint256) {
        IEscrow.ModuleAccount memory account = escrow.moduleAccount(address(this), token, tenant);
        uint256 headroom = account.ceiling > account.locked ? account.ceiling - account.locked : 0;
        uint256 free = escrow.freeOf(token, tenant);
        return free < headroom ? free : headroom;
    }
}
