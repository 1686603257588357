// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ILeases} from "../interfaces/ILeases.sol";
import {Money} from "../libraries/Money.sol";
import {Settlement} from "../libraries/Settlement.sol";
import {LeaseId} from "../types/Ids.sol";
import {Lease} from "../types/Lease.sol";
import {LeaseProgress} from "../types/LeaseProgress.sol";
import {LeaseTerms} from "../types/LeaseTerms.sol";
import {EndReason, LeaseStatus} from "../types/LeaseTypes.sol";
import {OfferState} from "../types/OfferState.sol";
import {Offer} from "../types/OfferTypes.sol";
import {Listing, Terms} from "../types/Parameters.sol";
import {LeaseBook} from "./LeaseBook.sol";

/// @title LeaseStart
/// @notice Pending leases: activated, declined, cancelled.
/// @dev With `deadline` = opened at + activation window and `cutoff` = deadline + outage allowance:
///
///     now <  deadline   the operator activates or declines
///     now <  cutoff     the operator activates, or the tenant cancels and gets all back
///     now >= cutoff     anyone cancels: a no-show
abstract contract LeaseStart is LeaseBook {
    using Settlement for Settlement.Batch;

    /// @dev Declining in time costs this part of the no-show penalty.
    uint256 private constant _DECLINE_DIVISOR = 4;

    // ------------------------------------------------------------------------------------------------- operator

    /// @inheritdoc ILeases
    function activate(LeaseId[] calldata leaseIds) external returns (uint256 done) {
        address provider; // whose dark seconds these are
        uint32 darkSeconds;
        for (uint256 i = 0; i < leaseIds.length; ++i) {
            LeaseId leaseId = leaseIds[i];
            address next = _offers[leaseId.offerOf()].state.provider();
            if (next != provider || i == 0) {
                provider = next;
                darkSeconds = _requireLiveOperator(provider);
            }
            Lease storage lease = _leases[leaseId];
            LeaseProgress progress = lease.progress;
            if (progress.status() != LeaseStatus.Pending || block.timestamp >= _cutoff(progress)) continue;

            lease.progress = progress.activated(uint40(block.timestamp), darkSeconds);
            emit LeaseActivated(leaseId, block.timestamp, darkSeconds);
            ++done;
        }
    }

    /// @inheritdoc ILeases
    function decline(LeaseId leaseId) external {
        address provider = _offers[leaseId.offerOf()].state.provider();
        address operator = _LIVENESS.operatorOf(provider);
        if (operator != msg.sender) revert MarketNotOperator(provider, operator, msg.sender);
        LeaseProgress progress = _leases[leaseId].progress;
        _requireStatus(leaseId, progress.status(), LeaseStatus.Pending);
        uint256 deadline = _deadline(progress);
        if (block.timestamp >= deadline) revert MarketTooLateToDecline(leaseId, deadline, block.timestamp);

        Settlement.Batch memory batch = Settlement.start(1);
        _cancel(batch, leaseId, EndReason.Declined);
        batch.flush(_ESCROW);
    }

    // --------------------------------------------------------------------------------------------------- tenant

    /// @inheritdoc ILeases
    function cancel(LeaseId leaseId) external {
        Lease memory lease = _leases[leaseId];
        _requireTenant(leaseId, lease.terms.tenant());
        _requireStatus(leaseId, lease.progress.status(), LeaseStatus.Pending);
        uint256 deadline = _deadline(lease.progress);
        if (block.timestamp < deadline) revert MarketTooEarlyToCancel(leaseId, deadline, block.timestamp);

        Settlement.Batch memory batch = Settlement.start(1);
        bool noShow = block.timestamp >= _cutoff(lease.progress);
        _cancel(batch, leaseId, noShow ? EndReason.NoShow : EndReason.CancelledByTenant);
        batch.flush(_ESCROW);
    }

    // --------------------------------------------------------------------------------------------------- anyone

    /// @inheritdoc ILeases
    function cancelNoShows(LeaseId[] calldata leaseIds) external returns (uint256 done) {
        Settlement.Batch memory batch = Settlement.start(leaseIds.length);
        for (uint256 i = 0; i < leaseIds.length; ++i) {
            LeaseProgress progress = _leases[leaseIds[i]].progress;
            if (progress.status() != LeaseStatus.Pending || block.timestamp < _cutoff(progress)) continue;
            _cancel(batch, leaseIds[i], EndReason.NoShow);
            ++done;
        }
        batch.flush(_ESCROW);
    }

    // ------------------------------------------------------------------------------------------------- internal

    /// @dev Dark seconds until now of a live provider that the caller works for.
    function _requireLiveOperator(address provider) private view returns (uint32) {
        (address operator, bool live, uint32 darkSeconds) = _LIVENESS.statusOf(provider);
        if (operator != msg.sender) revert MarketNotOperator(provider, operator, msg.sender);
        if (!live) revert MarketProviderDark(provider);
        return darkSeconds;
    }

    /// @dev When the activation window of a pending lease is over.
    function _deadline(LeaseProgress progress) private pure returns (uint40) {
        return progress.since() + progress.mark();
    }

    /// @dev When only cancelling is left.
    function _cutoff(LeaseProgress progress) private view returns (uint40) {
        return _deadline(progress) + _OUTAGE_ALLOWANCE;
    }

    /// @dev Ends a pending lease: its whole lock returns (a no-show's bounty goes to the caller), the penalty that its
    /// reason asks for is taken from its collateral, and the rest of that is free again.
    function _cancel(Settlement.Batch memory batch, LeaseId leaseId, EndReason reason) private {
        Lease storage lease = _leases[leaseId];
        LeaseTerms terms = lease.terms;
        LeaseProgress progress = lease.progress;
        Terms storage governed = _termsAt(terms.termsVersion());
        uint256 collateral = _collateralOf(leaseId, terms);
        uint256 penalty;
        if (reason != EndReason.CancelledByTenant) {
            penalty = Money.partDown(collateral, governed.noShowBps);
            if (reason == EndReason.Declined) penalty /= _DECLINE_DIVISOR;
        }
        Listing memory listing = _listings[terms.listing()];
        uint256 bounty = reason == EndReason.NoShow ? listing.bounty : 0;
        uint256 refund = Money.costUp(progress.rate(), terms.duration()) + listing.bounty - bounty;

        // Effect
        Offer storage offer = _offers[leaseId.offerOf()];
        OfferState state = offer.state;
        offer.state = state.afterEnd(terms.units());
        lease.progress = progress.ended(LeaseStatus.Cancelled, reason, 0);
        batch.release(_ESCROW, listing.token, terms.tenant(), refund, bounty);
        batch.credit(msg.sender, bounty);
        emit LeaseCancelled(leaseId, msg.sender, reason, refund, bounty, penalty);

        // Interaction
        address provider = state.provider();
        if (penalty != 0) _STAKING.penalise(provider, penalty, terms.tenant(), address(0), governed.treasury);
        if (collateral != penalty) _STAKING.release(provider, collateral - penalty);
    }
}
