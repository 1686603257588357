// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ILeases} from "../interfaces/ILeases.sol";
import {ClaimTail} from "../libraries/ClaimTail.sol";
import {Collateral} from "../libraries/Collateral.sol";
import {LeaseConclusion} from "../libraries/LeaseConclusion.sol";
import {LeaseLib} from "../libraries/LeaseLib.sol";
import {Settlement} from "../libraries/Settlement.sol";
import {Entry, toMovement} from "../types/Entry.sol";
import {LeaseId} from "../types/Ids.sol";
import {Lease} from "../types/Lease.sol";
import {LeaseClaims} from "../types/LeaseClaims.sol";
import {LeaseHistory} from "../types/LeaseHistory.sol";
import {LeaseProgress} from "../types/LeaseProgress.sol";
import {LeaseTerms} from "../types/LeaseTerms.sol";
import {EndReason, LeaseStatus} from "../types/LeaseTypes.sol";
import {OfferState} from "../types/OfferState.sol";
import {Offer} from "../types/OfferTypes.sol";
import {Listing} from "../types/Parameters.sol";
import {LeaseBook} from "./LeaseBook.sol";

/// @title LeaseEnd
/// @notice Active and closed leases: closed, expired, collected, released.
/// @dev At every moment what is locked for a lease is: locked at open and later - paid - fee - refunded - bounty
/// (INV-LSE-2). While it runs the provider is paid net of the fee; the fee stays in the lease until everything earned
/// is collected.
abstract contract LeaseEnd is LeaseBook {
    using Settlement for Settlement.Batch;

    // --------------------------------------------------------------------------------------------------- tenant

    /// @inheritdoc ILeases
    function close(LeaseId leaseId) external {
        // Check
        Lease storage lease = _book.leases[leaseId];
        (LeaseTerms terms, LeaseProgress progress) = (lease.terms, lease.progress);
        LeaseLib.requireTenant(leaseId, terms);
        LeaseLib.requireRunning(leaseId, terms, progress);

        // Effect: the end moves to now, and the seconds missing to the minimum are billed with the live ones, unless
        // the provider was dark beyond the allowance, gave notice, or lost a claim. Together they are at most what is
        // left of the duration from the anchor, since no duration is below its offer's minimum without a notice
        // (INV-LSE-1).
        Offer storage offer = _book.offers[leaseId.offerOf()];
        OfferState state = offer.state;
        uint40 now_ = uint40(block.timestamp);
        uint32 lived = uint32(now_ - progress.since()); // less than the duration, a uint32
        uint32 dark = _LIVENESS.darkSecondsUntil(state.provider(), now_);
        LeaseHistory history = LeaseLib.historyOf(lease, terms);
        uint32 billed = LeaseLib.liveSeconds(progress, history, now_, dark);
        EndReason reason = EndReason.ClosedDark;
        if (LeaseLib.claimsOf(lease, progress).cover() != 0) {
            reason = EndReason.ClosedAfterFault;
        } else if (LeaseLib.darkBeyond(_book, terms, _OUTAGE_ALLOWANCE, dark - progress.mark(), lived) == 0) {
            reason = EndReason.ClosedByTenant;
            billed += LeaseLib.missingSeconds(terms, offer.traits.minDuration(), lived);
        }
        Listing memory listing = _book.listings[terms.listing()];
        uint256 refund = LeaseLib.unearnedOf(terms, progress, history, billed) + listing.bounty;
        lease.terms = terms.withDuration(lived);
        lease.progress = progress.ended(LeaseStatus.Closed, reason, billed);
        offer.state = state.afterEnd(terms.units());
        emit LeaseClosed(leaseId, msg.sender, reason, now_, billed, refund, 0);

        // Interaction
        Entry[] memory lines = new Entry[](1);
        lines[0] = Entry({account: msg.sender, movement: toMovement(refund, refund)});
        _ESCROW.settle(listing.token, lines);
    }

    // --------------------------------------------------------------------------------------------------- anyone

    /// @inheritdoc ILeases
    function expire(LeaseId[] calldata leaseIds) external returns (uint256 done) {
        return _settleEach(leaseIds, true);
    }

    /// @inheritdoc ILeases
    function collect(LeaseId[] calldata leaseIds) external returns (uint256 done) {
        return _settleEach(leaseIds, false);
    }

    // ------------------------------------------------------------------------------------------------- internal

    /// @dev Expires or collects leases; what they move is settled together.
    function _settleEach(LeaseId[] calldata leaseIds, bool expiring) private returns (uint256 done) {
        Settlement.Batch memory batch = Settlement.start(leaseIds.length);
        LeaseLib.DarkAnswer memory known;
        for (uint256 i = 0; i < leaseIds.length; ++i) {
            LeaseId leaseId = leaseIds[i];
            if (expiring ? _expire(batch, known, leaseId) : _collect(batch, known, leaseId)) ++done;
        }
        batch.flush(_ESCROW);
    }

    /// @dev Ends one active lease at its end, whenever that was; false where it is not due.
    function _expire(
        Settlement.Batch memory batch,
        LeaseLib.DarkAnswer memory known,
        LeaseId leaseId
    ) private returns (bool) {
        // Check
        Lease storage lease = _book.leases[leaseId];
        LeaseProgress progress = lease.progress;
        if (progress.status() != LeaseStatus.Active) return false;
        LeaseTerms terms = lease.terms;
        uint40 end = LeaseLib.endOf(terms, progress);
        if (block.timestamp < end) return false;

        // Effect
        Offer storage offer = _book.offers[leaseId.offerOf()];
        OfferState state = offer.state;
        LeaseHistory history = LeaseLib.historyOf(lease, terms);
        uint32 dark = LeaseLib.darkUntil(known, _LIVENESS, state.provider(), end);
        uint32 billed = LeaseLib.liveSeconds(progress, history, end, dark);
        EndReason reason = terms.noticed() ? EndReason.ExpiredAfterNotice : EndReason.Expired;
        lease.progress = progress.ended(LeaseStatus.Closed, reason, billed);
        offer.state = state.afterEnd(terms.units());
        Listing memory listing = _book.listings[terms.listing()];
        uint256 refund = LeaseLib.unearnedOf(terms, progress, history, billed);
        batch.release(_ESCROW, listing.token, terms.tenant(), refund, listing.bounty);
        batch.credit(msg.sender, listing.bounty);
        emit LeaseClosed(leaseId, msg.sender, reason, end, billed, refund, listing.bounty);
        return true;
    }

    /// @dev Collects one lease; false where nothing is to be paid or released.
    function _collect(
        Settlement.Batch memory batch,
        LeaseLib.DarkAnswer memory known,
        LeaseId leaseId
    ) private returns (bool) {
        Lease storage lease = _book.leases[leaseId];
        LeaseProgress progress = lease.progress;
        LeaseStatus status = progress.status();
        if (status == LeaseStatus.Active) return _collectRunning(batch, known, leaseId, lease, progress);
        if (status == LeaseStatus.Closed) return _collectClosed(batch, leaseId, lease, progress);
        return false;
    }

    /// @dev Pays the provider, net of the fee, what an active lease earned until now, or until its end.
    function _collectRunning(
        Settlement.Batch memory batch,
        LeaseLib.DarkAnswer memory known,
        LeaseId leaseId,
        Lease storage lease,
        LeaseProgress progress
    ) private returns (bool) {
        LeaseTerms terms = lease.terms;
        address provider = _book.offers[leaseId.offerOf()].state.provider();
        uint40 instant = LeaseLib.endOf(terms, progress);
        if (block.timestamp < instant) instant = uint40(block.timestamp);
        uint32 dark = LeaseLib.darkUntil(known, _LIVENESS, provider, instant);
        LeaseHistory history = LeaseLib.historyOf(lease, terms);
        uint32 live = LeaseLib.liveSeconds(progress, history, instant, dark);
        uint256 due = LeaseLib.netOf(progress, history, LeaseLib.earnedOf(progress, history, live));
        uint256 amount = due - LeaseLib.paidOf(progress, history);
        if (amount == 0) return false;

        lease.progress = progress.withPaidSeconds(live);
        batch.release(_ESCROW, _book.listings[terms.listing()].token, terms.tenant(), 0, amount);
        batch.credit(provider, amount);
        emit LeaseCollected(leaseId, live, amount);
        return true;
    }

    /// @dev The first time: pays the provider the rest and the treasury the fee, and concludes the lease. When the time
    /// to file claims is over and none is open: releases the collateral.
    function _collectClosed(
        Settlement.Batch memory batch,
        LeaseId leaseId,
        Lease storage lease,
        LeaseProgress progress
    ) private returns (bool) {
        LeaseTerms terms = lease.terms;
        bool settle = !progress.settled();
        LeaseClaims claims = LeaseLib.claimsOf(lease, progress);
        // Once the life of a claim that was filed in the last second has passed, every claim has ended or lapsed.
        uint256 tailEnd = ClaimTail.endsAt(progress.since(), terms.duration());
        if (claims.open() != 0) tailEnd += ClaimTail.CLAIM_LIFE;
        bool release = block.timestamp >= tailEnd;
        if (!settle && !release) return false;

        LeaseProgress next = progress;
        if (settle) next = next.withSettled();
        if (release) next = next.released();
        lease.progress = next;
        address provider = _book.offers[leaseId.offerOf()].state.provider();
        if (settle) {
            LeaseConclusion.Due memory due = LeaseConclusion.conclude(_book, _vaults(), leaseId, terms, progress);
            batch.release(_ESCROW, due.token, terms.tenant(), 0, due.amount + due.fee);
            batch.credit(provider, due.amount);
            batch.credit(due.treasury, due.fee);
            claims = LeaseLib.claimsOf(lease, lease.progress); // a service credit may have joined
        }
        if (release) {
            uint256 left = LeaseLib.collateralOf(_book, leaseId, lease, terms) - claims.taken();
            uint256 collateral = left * Collateral.UNIT;
            emit CollateralReleased(leaseId, collateral);
            if (collateral != 0) _STAKING.release(provider, collateral);
        }
        return true;
    }
}
