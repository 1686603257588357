// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Collateral} from "./Collateral.sol";
import {LeaseLib} from "./LeaseLib.sol";
import {Money} from "./Money.sol";
import {Settlement} from "./Settlement.sol";
import {ILeases} from "../interfaces/ILeases.sol";
import {IMarketHooks} from "../interfaces/IMarketHooks.sol";
import {Book} from "../types/Book.sol";
import {Entry, toMovement} from "../types/Entry.sol";
import {LeaseId} from "../types/Ids.sol";
import {Lease} from "../types/Lease.sol";
import {LeaseHistory, toLeaseHistory} from "../types/LeaseHistory.sol";
import {LeaseProgress} from "../types/LeaseProgress.sol";
import {LeaseTerms} from "../types/LeaseTerms.sol";
import {LeaseStatus} from "../types/LeaseTypes.sol";
import {Offer} from "../types/OfferTypes.sol";
import {TokenTerms} from "../types/Parameters.sol";
import {Renewal} from "../types/Renewal.sol";

/// @title LeaseRenewal
/// @notice Renews leases in the hour before their end. Linked to the market, whose storage it works on.
/// @dev Where neither rate nor terms changed, a renewal is an extension: settling first would pay what settling later
/// pays, to the base unit (INV-LSE-3), so nothing is settled and two slots fewer are written.
library LeaseRenewal {
    using Settlement for Settlement.Batch;

    uint256 private constant _WINDOW = 1 hours;
    uint256 private constant _LEAST_PERIOD = 1 hours;

    /// @dev What the renewals of a batch share.
    struct Run {
        address caller;
        Settlement.Batch batch;
        uint256 bounties; // of the batch's present token, not credited yet, base units
        LeaseLib.DarkAnswer known;
    }

    /// @dev A renewal on its way through the functions below.
    struct Work {
        LeaseId leaseId;
        address provider;
        address token;
        uint256 bounty; // base units
        uint128 rate; // from now on
        uint32 dark; // of the provider, until now
        LeaseTerms next; // with the new duration
    }

    /// @notice See IMarketHooks.renew.
    function renew(
        Book storage book,
        LeaseLib.Vaults memory vaults,
        Renewal[] calldata renewals,
        address caller
    ) external returns (bool[] memory done) {
        done = new bool[](renewals.length);
        Run memory run;
        run.caller = caller;
        run.batch = Settlement.start(renewals.length + 1);
        for (uint256 i = 0; i < renewals.length; ++i) done[i] = _renew(book, vaults, run, renewals[i]);
        run.batch.credit(caller, run.bounties);
        run.batch.flush(vaults.escrow);
    }

    /// @notice Demands that lease `from` may fail over: it is active, in the hour before its end, without notice, and its
    /// provider is dark beyond the allowance or its offer is retired. Pays the caller's bounty out of the tenant's free
    /// balance.
    function startFailOver(
        Book storage book,
        LeaseLib.Vaults memory vaults,
        LeaseId from,
        address token,
        uint256 maxBounty,
        address caller
    ) external returns (address tenant) {
        _requireFailing(book, vaults, from);
        uint256 bounty = book.tokenTerms[token].bounty;
        if (bounty > maxBounty) revert IMarketHooks.MarketBountyTooHigh(token, maxBounty, bounty);
        tenant = book.leases[from].terms.tenant();
        if (bounty == 0) return tenant;
        vaults.escrow.lock(token, tenant, bounty);
        Entry[] memory lines = new Entry[](2);
        lines[0] = Entry(tenant, toMovement(bounty, 0));
        lines[1] = Entry(caller, toMovement(0, bounty));
        vaults.escrow.settle(token, lines);
    }

    // ------------------------------------------------------------------------------------------------- internal

    function _requireFailing(Book storage book, LeaseLib.Vaults memory vaults, LeaseId from) private view {
        Lease storage lease = book.leases[from];
        (LeaseTerms terms, LeaseProgress progress) = (lease.terms, lease.progress);
        LeaseLib.requireRunning(from, terms, progress);
        if (terms.noticed()) revert ILeases.MarketLeaseNoticed(from);
        uint256 opens = LeaseLib.endOf(terms, progress) - _WINDOW;
        if (block.timestamp < opens) revert IMarketHooks.MarketTooEarlyToRenew(from, opens, block.timestamp);
        Offer storage offer = book.offers[from.offerOf()];
        if (offer.retired) return;
        uint32 dark = vaults.liveness.darkSecondsUntil(offer.state.provider(), uint40(block.timestamp));
        if (!_isDark(book, vaults, terms, progress, dark)) revert IMarketHooks.MarketStillServed(from);
    }

    /// @dev Renews one lease; false where it cannot be, and then nothing changed.
    function _renew(
        Book storage book,
        LeaseLib.Vaults memory vaults,
        Run memory run,
        Renewal calldata renewal
    ) private returns (bool) {
        Work memory work;
        work.leaseId = renewal.leaseId;
        Lease storage lease = book.leases[work.leaseId];
        (LeaseTerms terms, LeaseProgress progress) = (lease.terms, lease.progress);
        if (!_isRenewable(book, vaults, run.known, renewal, work, terms, progress)) return false;

        if (work.rate == progress.rate() && terms.termsVersion() == book.current.termsVersion) {
            return _prolong(vaults, run, lease, work, terms, progress);
        }
        return _restart(book, vaults, run, lease, work, terms, progress);
    }

    /// @dev Whether a lease can be renewed as far as time, offer, order and listing tell; fills `work`.
    function _isRenewable(
        Book storage book,
        LeaseLib.Vaults memory vaults,
        LeaseLib.DarkAnswer memory known,
        Renewal calldata renewal,
        Work memory work,
        LeaseTerms terms,
        LeaseProgress progress
    ) private view returns (bool) {
        if (progress.status() != LeaseStatus.Active || terms.noticed()) return false;
        uint256 end = LeaseLib.endOf(terms, progress);
        if (block.timestamp >= end || block.timestamp + _WINDOW < end) return false;
        uint256 duration = uint256(terms.duration()) + renewal.period;
        if (renewal.period < _LEAST_PERIOD || duration > type(uint32).max) return false;
        work.next = terms.withDuration(uint32(duration)); // checked above

        Offer storage offer = book.offers[work.leaseId.offerOf()];
        uint256 price = LeaseLib.renewalPrice(offer);
        uint256 rate = price * terms.units();
        if (offer.retired || price > renewal.maxPricePerSecondX32 || rate > type(uint128).max) return false;
        work.rate = uint128(rate); // checked above

        work.token = book.listings[terms.listing()].token;
        TokenTerms storage listed = book.tokenTerms[work.token];
        work.bounty = listed.bounty;
        if (!listed.listed || work.bounty > renewal.maxBounty) return false;

        work.provider = offer.state.provider();
        work.dark = LeaseLib.darkUntil(known, vaults.liveness, work.provider, uint40(block.timestamp));
        return !_isDark(book, vaults, terms, progress, work.dark);
    }

    /// @dev At the same rate and terms: the end moves, and its price is locked.
    function _prolong(
        LeaseLib.Vaults memory vaults,
        Run memory run,
        Lease storage lease,
        Work memory work,
        LeaseTerms terms,
        LeaseProgress progress
    ) private returns (bool) {
        LeaseHistory history = LeaseLib.historyOf(lease, terms);
        uint256 cost =
            LeaseLib.costFromAnchor(work.next, progress, history) - LeaseLib.costFromAnchor(terms, progress, history);
        if (!_tryLock(vaults, work, terms, cost)) return false;

        lease.terms = work.next;
        _release(vaults, run, work, terms, 0, 0);
        emit ILeases.LeaseRenewed(work.leaseId, run.caller, work.next.duration(), cost, 0, work.bounty);
        return true;
    }

    /// @dev At another rate or other terms: everything earned is paid, fee included, at the old ones, and the accumulator
    /// starts again. The collateral is the larger of the old and the new.
    function _restart(
        Book storage book,
        LeaseLib.Vaults memory vaults,
        Run memory run,
        Lease storage lease,
        Work memory work,
        LeaseTerms terms,
        LeaseProgress progress
    ) private returns (bool) {
        // Check
        uint16 version = book.current.termsVersion;
        uint256 collateral = LeaseLib.collateralOf(book, work.leaseId, lease, terms);
        uint256 added = _addedCollateral(book, work.leaseId, version, terms, collateral);
        if (added != 0) {
            uint256 free = vaults.staking.poolOf(address(this), work.provider).free;
            if (added * Collateral.UNIT > free) return false;
        }
        LeaseHistory history = LeaseLib.historyOf(lease, terms);
        uint32 live = LeaseLib.liveSeconds(progress, history, uint40(block.timestamp), work.dark);
        uint256 earned = LeaseLib.earnedOf(progress, history, live);
        uint256 left = history.earnedBefore() + LeaseLib.costFromAnchor(terms, progress, history) - earned;
        uint256 remaining = LeaseLib.endOf(work.next, progress) - block.timestamp;
        uint256 cost = Money.costUp(work.rate, uint32(remaining)); // part of the duration
        uint256 refund = left > cost ? left - cost : 0;
        cost = cost > left ? cost - left : 0;
        if (!_tryLock(vaults, work, terms, cost)) return false;

        // Effect
        uint16 treasuryVersion = LeaseLib.treasuryVersionOf(lease, terms);
        lease.history = toLeaseHistory(
            0,
            uint32(block.timestamp - progress.since()), // before the end
            work.dark - progress.mark(),
            collateral + added,
            treasuryVersion
        );
        lease.terms = work.next.withVersion(version).withChanged();
        lease.progress = progress.withRate(work.rate).withFeeBps(book.current.feeBps);
        uint256 fee = Money.feeDown(earned, progress.feeBps());
        uint256 amount = earned - fee - LeaseLib.paidOf(progress, history);
        _release(vaults, run, work, terms, refund, amount + fee);
        run.batch.credit(work.provider, amount);
        run.batch.credit(book.terms[treasuryVersion].treasury, fee);
        emit ILeases.LeaseRepriced(
            work.leaseId,
            work.rate,
            version,
            work.dark,
            (collateral + added) * Collateral.UNIT,
            amount,
            fee
        );
        emit ILeases.LeaseRenewed(work.leaseId, run.caller, work.next.duration(), cost, refund, work.bounty);

        // Interaction: its free bond was looked at above.
        if (added != 0) vaults.staking.tryReserve(work.provider, added * Collateral.UNIT);
        return true;
    }

    /// @dev Locks a lease's cost and bounty out of its tenant's free balance; false where that or its ceiling is too low.
    function _tryLock(
        LeaseLib.Vaults memory vaults,
        Work memory work,
        LeaseTerms terms,
        uint256 cost
    ) private returns (bool) {
        uint256 amount = cost + work.bounty;
        return amount == 0 || vaults.escrow.tryLock(work.token, terms.tenant(), amount);
    }

    /// @dev Takes refund, payments and bounty out of a lease's lock. Bounties are summed, so that they are one credit.
    function _release(
        LeaseLib.Vaults memory vaults,
        Run memory run,
        Work memory work,
        LeaseTerms terms,
        uint256 refund,
        uint256 paid
    ) private {
        if (run.batch.token != work.token) {
            run.batch.credit(run.caller, run.bounties);
            run.bounties = 0;
        }
        run.batch.release(vaults.escrow, work.token, terms.tenant(), refund, paid + work.bounty);
        run.bounties += work.bounty;
    }

    /// @dev By how much the collateral grows to what the present weights ask for, in millionths of a HOLD.
    function _addedCollateral(
        Book storage book,
        LeaseId leaseId,
        uint16 version,
        LeaseTerms terms,
        uint256 before
    ) private view returns (uint256) {
        if (version == terms.termsVersion()) return 0;
        uint256 needed = Collateral.unitsOf(
            book.weights[version],
            book.offers[leaseId.offerOf()].traits.resources(),
            terms.units()
        );
        return needed > before ? needed - before : 0;
    }

    function _isDark(
        Book storage book,
        LeaseLib.Vaults memory vaults,
        LeaseTerms terms,
        LeaseProgress progress,
        uint32 dark
    ) private view returns (bool) {
        uint32 lived = uint32(block.timestamp - progress.since()); // before the end
        return LeaseLib.darkBeyond(book, terms, vaults.outageAllowance, dark - progress.mark(), lived) != 0;
    }
}
