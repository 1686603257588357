// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ILeases} from "../interfaces/ILeases.sol";
import {ClaimTail} from "../libraries/ClaimTail.sol";
import {Money} from "../libraries/Money.sol";
import {Settlement} from "../libraries/Settlement.sol";
import {Entry, toMovement} from "../types/Entry.sol";
import {LeaseId} from "../types/Ids.sol";
import {Lease} from "../types/Lease.sol";
import {LeaseProgress} from "../types/LeaseProgress.sol";
import {LeaseTerms} from "../types/LeaseTerms.sol";
import {EndReason, LeaseStatus} from "../types/LeaseTypes.sol";
import {OfferState} from "../types/OfferState.sol";
import {Offer} from "../types/OfferTypes.sol";
import {Listing} from "../types/Parameters.sol";
import {LeaseBook} from "./LeaseBook.sol";

/// @title LeaseEnd
/// @notice Active and closed leases: closed, expired, collected, released.
/// @dev At every moment what is locked for a lease is: locked at open - paid - fee - refunded - bounty (INV-LSE-2).
/// While it runs the provider is paid net of the fee; the fee stays in the lease until everything earned is collected.
abstract contract LeaseEnd is LeaseBook {
    using Settlement for Settlement.Batch;

    // --------------------------------------------------------------------------------------------------- tenant

    /// @inheritdoc ILeases
    function close(LeaseId leaseId) external {
        // Check
        Lease storage lease = _leases[leaseId];
        LeaseTerms terms = lease.terms;
        LeaseProgress progress = lease.progress;
        _requireTenant(leaseId, terms.tenant());
        _requireStatus(leaseId, progress.status(), LeaseStatus.Active);
        uint40 end = _endOf(progress, terms);
        if (block.timestamp >= end) revert MarketLeaseEnded(leaseId, end, block.timestamp);

        // Effect: the end moves to now, and the seconds missing to the minimum are billed with the live ones, unless the
        // provider was dark beyond the allowance. Together they are at most the duration, which was not less than the
        // minimum when the lease was opened (INV-LSE-1).
        Offer storage offer = _offers[leaseId.offerOf()];
        OfferState state = offer.state;
        uint40 now_ = uint40(block.timestamp);
        uint32 lived = uint32(now_ - progress.since()); // less than the duration, a uint32
        uint32 billed = _liveSeconds(DarkAnswer(address(0), 0, 0), progress, state.provider(), now_);
        EndReason reason = EndReason.ClosedByTenant;
        if (_isDarkBeyondAllowance(terms, lived, lived - billed)) {
            reason = EndReason.ClosedDark;
        } else {
            uint32 minimum = offer.traits.minDuration();
            if (minimum > lived) billed += minimum - lived;
        }

        lease.terms = terms.withDuration(lived);
        lease.progress = progress.ended(LeaseStatus.Closed, reason, billed);
        offer.state = state.afterEnd(terms.units());
        Listing memory listing = _listings[terms.listing()];
        uint256 refund =
            Money.costUp(progress.rate(), terms.duration()) +
                listing.bounty -
                Money.earnedDown(progress.rate(), billed);
        emit LeaseClosed(leaseId, msg.sender, reason, now_, billed, refund, 0);

        // Interaction
        Entry[] memory entries = new Entry[](1);
        entries[0] = Entry({account: msg.sender, movement: toMovement(refund, refund)});
        _ESCROW.settle(listing.token, entries);
    }

    // --------------------------------------------------------------------------------------------------- anyone

    /// @inheritdoc ILeases
    function expire(LeaseId[] calldata leaseIds) external returns (uint256 done) {
        Settlement.Batch memory batch = Settlement.start(leaseIds.length);
        DarkAnswer memory known;
        for (uint256 i = 0; i < leaseIds.length; ++i) {
            if (_expire(batch, known, leaseIds[i])) ++done;
        }
        batch.flush(_ESCROW);
    }

    /// @inheritdoc ILeases
    function collect(LeaseId[] calldata leaseIds) external returns (uint256 done) {
        Settlement.Batch memory batch = Settlement.start(leaseIds.length);
        DarkAnswer memory known;
        for (uint256 i = 0; i < leaseIds.length; ++i) {
            if (_collect(batch, known, leaseIds[i])) ++done;
        }
        batch.flush(_ESCROW);
    }

    // ------------------------------------------------------------------------------------------------- internal

    /// @dev Whether `dark` of the `lived` seconds since the start are more than the outage allowance and the tolerance.
    function _isDarkBeyondAllowance(LeaseTerms terms, uint32 lived, uint32 dark) private view returns (bool) {
        if (dark <= _OUTAGE_ALLOWANCE) return false; // mostly so, and saves a read
        uint256 tolerance = Money.partDown(lived, _termsAt(terms.termsVersion()).toleranceBps);
        return dark > _OUTAGE_ALLOWANCE + tolerance;
    }

    /// @dev Ends one active lease at its end, whenever that was; false where it is not due.
    function _expire(Settlement.Batch memory batch, DarkAnswer memory known, LeaseId leaseId) private returns (bool) {
        // Check
        Lease storage lease = _leases[leaseId];
        LeaseProgress progress = lease.progress;
        if (progress.status() != LeaseStatus.Active) return false;
        LeaseTerms terms = lease.terms;
        uint40 end = _endOf(progress, terms);
        if (block.timestamp < end) return false;

        // Effect
        Offer storage offer = _offers[leaseId.offerOf()];
        OfferState state = offer.state;
        uint32 billed = _liveSeconds(known, progress, state.provider(), end);
        lease.progress = progress.ended(LeaseStatus.Closed, EndReason.Expired, billed);
        offer.state = state.afterEnd(terms.units());
        Listing memory listing = _listings[terms.listing()];
        uint256 refund = Money.costUp(progress.rate(), terms.duration()) - Money.earnedDown(progress.rate(), billed);
        batch.release(_ESCROW, listing.token, terms.tenant(), refund, listing.bounty);
        batch.credit(msg.sender, listing.bounty);
        emit LeaseClosed(leaseId, msg.sender, EndReason.Expired, end, billed, refund, listing.bounty);
        return true;
    }

    /// @dev Collects one lease; false where nothing is to be paid or released.
    function _collect(Settlement.Batch memory batch, DarkAnswer memory known, LeaseId leaseId) private returns (bool) {
        Lease storage lease = _leases[leaseId];
        LeaseProgress progress = lease.progress;
        LeaseStatus status = progress.status();
        if (status == LeaseStatus.Active) return _collectRunning(batch, known, leaseId, lease, progress);
        if (status == LeaseStatus.Closed) return _collectClosed(batch, leaseId, lease, progress);
        return false;
    }

    /// @dev Pays the provider, net of the fee, what an active lease earned until now, or until its end.
    function _collectRunning(
        Settlement.Batch memory batch,
        DarkAnswer memory known,
        LeaseId leaseId,
        Lease storage lease,
        LeaseProgress progress
    ) private returns (bool) {
        LeaseTerms terms = lease.terms;
        address provider = _offers[leaseId.offerOf()].state.provider();
        uint40 end = _endOf(progress, terms);
        uint32 live = _liveSeconds(known, progress, provider, block.timestamp < end ? uint40(block.timestamp) : end);
        uint256 earned = Money.earnedDown(progress.rate(), live);
        uint256 amount = Money.netOf(earned, progress.feeBps()) - _paid(progress);
        if (amount == 0) return false;

        lease.progress = progress.withPaidSeconds(live);
        batch.release(_ESCROW, _tokenOf(terms), terms.tenant(), 0, amount);
        batch.credit(provider, amount);
        emit LeaseCollected(leaseId, live, amount);
        return true;
    }

    /// @dev Pays the provider the rest and the treasury the fee, once; releases the collateral when the time to file
    /// claims is over.
    function _collectClosed(
        Settlement.Batch memory batch,
        LeaseId leaseId,
        Lease storage lease,
        LeaseProgress progress
    ) private returns (bool) {
        LeaseTerms terms = lease.terms;
        address provider = _offers[leaseId.offerOf()].state.provider();
        bool settle = !progress.settled();
        bool release = block.timestamp >= ClaimTail.endsAt(progress.since(), terms.duration());
        if (!settle && !release) return false;

        uint256 paid = _paid(progress);
        if (settle) progress = progress.withSettled();
        if (release) progress = progress.released();
        lease.progress = progress;
        if (settle) {
            uint256 earned = Money.earnedDown(progress.rate(), progress.mark());
            uint256 fee = Money.feeDown(earned, progress.feeBps());
            uint256 amount = earned - fee - paid;
            batch.release(_ESCROW, _tokenOf(terms), terms.tenant(), 0, amount + fee);
            batch.credit(provider, amount);
            batch.credit(_termsAt(terms.termsVersion()).treasury, fee);
            emit LeaseCollected(leaseId, progress.mark(), amount);
            emit LeaseSettled(leaseId, fee);
        }
        if (release) {
            uint256 collateral = _collateralOf(leaseId, terms);
            emit CollateralReleased(leaseId, collateral);
            if (collateral != 0) _STAKING.release(provider, collateral);
        }
        return true;
    }

    /// @dev What the provider was paid so far: it follows from the seconds that it was paid for.
    function _paid(LeaseProgress progress) private pure returns (uint256) {
        return Money.netOf(Money.earnedDown(progress.rate(), progress.paidSeconds()), progress.feeBps());
    }
}
