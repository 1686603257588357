// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Collateral} from "./Collateral.sol";
import {LeaseLib} from "./LeaseLib.sol";
import {Money} from "./Money.sol";
import {ILeases} from "../interfaces/ILeases.sol";
import {IMarketHooks} from "../interfaces/IMarketHooks.sol";
import {Book} from "../types/Book.sol";
import {Entry, toMovement} from "../types/Entry.sol";
import {LeaseId} from "../types/Ids.sol";
import {Lease} from "../types/Lease.sol";
import {LeaseClaims} from "../types/LeaseClaims.sol";
import {LeaseHistory, toLeaseHistory} from "../types/LeaseHistory.sol";
import {LeaseProgress} from "../types/LeaseProgress.sol";
import {LeaseTerms} from "../types/LeaseTerms.sol";
import {Offer} from "../types/OfferTypes.sol";

/// @title LeaseRepricing
/// @notice Renewals that bring another rate or other terms, and what a failover asks. Linked to the market, whose storage
/// it works on.
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
        uint256 amount; // to the provider, base units
        uint256 fee;
        uint256 locked; // by the tenant, in addition
        uint256 refund; // to the tenant
        uint256 collateral; // millionths of a HOLD
        uint256 added; // to the collateral, millionths of a HOLD
        uint16 version; // of the terms, from now on
        uint16 treasuryVersion;
        uint16 feeBps; // from now on
    }

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
        // Check, by doing what may not be possible: first the bond, then the money.
        Lease storage lease = book.leases[leaseId];
        LeaseProgress progress = lease.progress;
        Sums memory sums = _sumsOf(book, leaseId, lease, next, change);
        address tenant = next.tenant();
        uint256 reserved = sums.added * Collateral.UNIT;
        if (reserved != 0 && !vaults.staking.tryReserve(change.provider, reserved)) return false;
        if (!vaults.escrow.tryLockAndPay(change.token, tenant, sums.locked, change.bounty, caller)) {
            if (reserved != 0) vaults.staking.release(change.provider, reserved);
            return false;
        }

        // Effect
        lease.history = toLeaseHistory(
            0,
            uint32(block.timestamp - progress.since()), // before the end
            change.dark - progress.mark(),
            sums.collateral + sums.added,
            sums.treasuryVersion
        );
        lease.terms = next.withVersion(sums.version).withChanged();
        lease.progress = progress.withRate(change.rate).withFeeBps(sums.feeBps);
        if (progress.claimed()) lease.claims = lease.claims.withoutAside();
        emit ILeases.LeaseRepriced(
            leaseId,
            change.rate,
            sums.version,
            change.dark,
            (sums.collateral + sums.added) * Collateral.UNIT,
            sums.amount,
            sums.fee
        );
        emit ILeases.LeaseRenewed(leaseId, caller, next.duration(), sums.locked, sums.refund, change.bounty);

        // Interaction
        Entry[] memory lines = new Entry[](3);
        lines[0] = Entry(tenant, toMovement(sums.refund + sums.amount + sums.fee, sums.refund));
        lines[1] = Entry(change.provider, toMovement(0, sums.amount));
        lines[2] = Entry(book.terms[sums.treasuryVersion].treasury, toMovement(0, sums.fee));
        vaults.escrow.settle(change.token, lines);
        return true;
    }

    /// @notice Demands that lease `from` may fail over: it is active, in the hour before its end, without notice, and its
    /// provider is dark beyond the allowance or its offer is retired. Pays the caller's bounty out of the tenant's free
    /// balance.
    function startFailOver(
        Book storage book,
        LeaseLib.Vaults calldata vaults,
        LeaseId from,
        address token,
        uint256 maxBounty,
        address caller
    ) external returns (address tenant) {
        Lease storage lease = book.leases[from];
        (LeaseTerms terms, LeaseProgress progress) = (lease.terms, lease.progress);
        LeaseLib.requireRunning(from, terms, progress);
        if (terms.noticed()) revert ILeases.MarketLeaseNoticed(from);
        uint256 opens = LeaseLib.endOf(terms, progress) - LeaseLib.RENEWAL_WINDOW;
        if (block.timestamp < opens) revert IMarketHooks.MarketTooEarlyToRenew(from, opens, block.timestamp);
        Offer storage offer = book.offers[from.offerOf()];
        if (!offer.retired) {
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
    }

    // ------------------------------------------------------------------------------------------------- internal

    function _sumsOf(
        Book storage book,
        LeaseId leaseId,
        Lease storage lease,
        LeaseTerms next,
        Change calldata change
    ) private view returns (Sums memory sums) {
        (LeaseTerms terms, LeaseProgress progress) = (lease.terms, lease.progress);
        LeaseHistory history = LeaseLib.historyOf(lease, terms);
        uint32 live = LeaseLib.liveSeconds(progress, history, uint40(block.timestamp), change.dark);
        uint256 earned = LeaseLib.earnedOf(progress, history, live);
        uint256 fee = Money.feeDown(earned, progress.feeBps());
        sums.amount = earned - fee - LeaseLib.paidOf(progress, history);
        LeaseClaims claims = LeaseLib.claimsOf(lease, progress);
        sums.fee = fee - claims.aside();
        // What open claims hold was earned at the old fee, so that stays until they have ended.
        sums.feeBps = claims.open() == 0 ? book.current.feeBps : progress.feeBps();

        uint256 left = history.earnedBefore() + LeaseLib.costFromAnchor(terms, progress, history) - earned;
        uint256 remaining = LeaseLib.endOf(next, progress) - block.timestamp;
        uint256 cost = Money.costUp(change.rate, uint32(remaining)); // part of the duration
        if (cost > left) sums.locked = cost - left;
        else sums.refund = left - cost;

        sums.version = book.current.termsVersion;
        sums.treasuryVersion = LeaseLib.treasuryVersionOf(lease, terms);
        sums.collateral = LeaseLib.collateralOf(book, leaseId, lease, terms);
        if (sums.version == terms.termsVersion()) return sums;
        uint256 needed = Collateral.unitsOf(
            book.weights[sums.version],
            book.offers[leaseId.offerOf()].traits.resources(),
            terms.units()
        );
        if (needed > sums.collateral) sums.added = needed - sums.collateral;
    }
}
