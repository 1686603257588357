// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Collateral} from "./Collateral.sol";
import {LeaseLib} from "./LeaseLib.sol";
import {Money} from "./Money.sol";
import {Settlement} from "./Settlement.sol";
import {ILeases} from "../interfaces/ILeases.sol";
import {IOffers} from "../interfaces/IOffers.sol";
import {IProviderRecords} from "../interfaces/IProviderRecords.sol";
import {Book} from "../types/Book.sol";
import {LeaseId, OfferId} from "../types/Ids.sol";
import {Lease} from "../types/Lease.sol";
import {LeaseProgress} from "../types/LeaseProgress.sol";
import {LeaseTerms} from "../types/LeaseTerms.sol";
import {EndReason, LeaseStatus} from "../types/LeaseTypes.sol";
import {OfferState} from "../types/OfferState.sol";
import {Offer} from "../types/OfferTypes.sol";
import {Listing, Terms} from "../types/Parameters.sol";

/// @title LeaseCancellation
/// @notice Ends of pending leases: declined, cancelled, no-shows. Linked to the market, whose storage it works on.
/// @dev With `deadline` = opened at + activation window and `cutoff` = deadline + outage allowance:
///
///     now <  deadline   the operator activates, or the provider declines
///     now <  cutoff     the operator activates, or the tenant cancels and gets all back
///     now >= cutoff     anyone cancels: a no-show
library LeaseCancellation {
    using Settlement for Settlement.Batch;

    /// @dev Declining in time costs this part of the no-show penalty.
    uint256 internal constant DECLINE_DIVISOR = 4;

    /// @notice See ILeases.decline.
    function decline(Book storage book, LeaseLib.Vaults calldata vaults, LeaseId leaseId) external {
        OfferId offerId = leaseId.offerOf();
        address provider = book.offers[offerId].state.provider();
        if (provider != msg.sender) revert IOffers.MarketNotProvider(offerId, provider, msg.sender);
        LeaseProgress progress = book.leases[leaseId].progress;
        LeaseLib.requireStatus(leaseId, progress.status(), LeaseStatus.Pending);
        uint256 deadline = _deadline(progress);
        if (block.timestamp >= deadline) revert ILeases.MarketTooLateToDecline(leaseId, deadline, block.timestamp);

        Settlement.Batch memory batch = Settlement.start(1);
        _cancel(book, vaults, batch, leaseId, EndReason.Declined);
        batch.flush(vaults.escrow);
    }

    /// @notice See ILeases.cancel.
    function cancel(Book storage book, LeaseLib.Vaults calldata vaults, LeaseId leaseId) external {
        Lease storage lease = book.leases[leaseId];
        LeaseProgress progress = lease.progress;
        LeaseLib.requireTenant(leaseId, lease.terms);
        LeaseLib.requireStatus(leaseId, progress.status(), LeaseStatus.Pending);
        uint256 deadline = _deadline(progress);
        if (block.timestamp < deadline) revert ILeases.MarketTooEarlyToCancel(leaseId, deadline, block.timestamp);

        Settlement.Batch memory batch = Settlement.start(1);
        bool noShow = block.timestamp >= deadline + vaults.outageAllowance;
        _cancel(book, vaults, batch, leaseId, noShow ? EndReason.NoShow : EndReason.CancelledByTenant);
        batch.flush(vaults.escrow);
    }

    /// @notice See ILeases.cancelNoShows.
    function cancelNoShows(
        Book storage book,
        LeaseLib.Vaults calldata vaults,
        LeaseId[] calldata leaseIds
    ) external returns (uint256 done) {
        Settlement.Batch memory batch = Settlement.start(leaseIds.length);
        for (uint256 i = 0; i < leaseIds.length; ++i) {
            LeaseProgress progress = book.leases[leaseIds[i]].progress;
            if (progress.status() != LeaseStatus.Pending) continue;
            if (block.timestamp < _deadline(progress) + vaults.outageAllowance) continue;
            _cancel(book, vaults, batch, leaseIds[i], EndReason.NoShow);
            ++done;
        }
        batch.flush(vaults.escrow);
    }

    // ------------------------------------------------------------------------------------------------- internal

    /// @dev When the activation window of a pending lease is over.
    function _deadline(LeaseProgress progress) private pure returns (uint256) {
        return uint256(progress.since()) + progress.mark();
    }

    /// @dev Ends a pending lease: its whole lock returns (a no-show's bounty goes to the caller), the penalty that its
    /// reason asks for is taken from its collateral, and the rest of that is free again.
    function _cancel(
        Book storage book,
        LeaseLib.Vaults calldata vaults,
        Settlement.Batch memory batch,
        LeaseId leaseId,
        EndReason reason
    ) private {
        Lease storage lease = book.leases[leaseId];
        LeaseTerms terms = lease.terms;
        LeaseProgress progress = lease.progress;
        Terms storage governed = book.terms[terms.termsVersion()];
        uint256 collateral = LeaseLib.collateralOf(book, leaseId, lease, terms) * Collateral.UNIT;
        uint256 penalty;
        if (reason != EndReason.CancelledByTenant) {
            penalty = Money.partDown(collateral, governed.noShowBps);
            if (reason == EndReason.Declined) penalty /= DECLINE_DIVISOR;
        }
        Listing memory listing = book.listings[terms.listing()];
        uint256 bounty = reason == EndReason.NoShow ? listing.bounty : 0;
        uint256 refund = Money.costUp(progress.rate(), terms.duration(), 0) + listing.bounty - bounty;

        // Effect
        Offer storage offer = book.offers[leaseId.offerOf()];
        OfferState state = offer.state;
        offer.state = state.afterEnd(terms.units());
        lease.progress = progress.ended(LeaseStatus.Cancelled, reason, 0);
        batch.release(vaults.escrow, listing.token, terms.tenant(), refund, bounty);
        batch.credit(msg.sender, bounty);
        emit ILeases.LeaseCancelled(leaseId, msg.sender, reason, refund, bounty, penalty);

        // Interaction: all of the penalty is the treasury's, so that nobody gains by leases that do not start
        // (ATK-STK-9).
        address provider = state.provider();
        if (penalty != 0) vaults.staking.penalise(provider, penalty, address(0), address(0), governed.treasury);
        IProviderRecords.Record memory record;
        record.noShows = reason == EndReason.NoShow ? 1 : 0;
        record.slashed = uint96(penalty); // a part of HOLD's supply
        if (record.noShows != 0 || penalty != 0) vaults.records.add(provider, record);
        if (collateral != penalty) vaults.staking.release(provider, collateral - penalty);
    }
}
