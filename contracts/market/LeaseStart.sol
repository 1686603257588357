// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ILeases} from "../interfaces/ILeases.sol";
import {Money} from "../libraries/Money.sol";
import {Settlement} from "../libraries/Settlement.sol";
import {LeaseId} from "../types/Ids.sol";
import {EndReason, Lease, LeaseStatus} from "../types/LeaseTypes.sol";
import {OfferCore} from "../types/OfferTypes.sol";
import {Terms} from "../types/Parameters.sol";
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
        address provider; // that the three below are of
        bool live;
        uint32 darkSeconds;
        for (uint256 i = 0; i < leaseIds.length; ++i) {
            LeaseId leaseId = leaseIds[i];
            address next = _offerOf(leaseId).provider;
            if (next != provider) {
                provider = next;
                address operator;
                (operator, live, darkSeconds) = _LIVENESS.statusOf(provider);
                if (operator != msg.sender) revert MarketNotOperator(provider, operator, msg.sender);
                if (!live) revert MarketProviderDark(provider);
            }
            Lease storage lease = _leases[leaseId];
            if (lease.status != LeaseStatus.Pending || block.timestamp >= _cutoff(lease.since, lease.mark)) continue;

            lease.status = LeaseStatus.Active;
            lease.since = uint40(block.timestamp);
            lease.mark = darkSeconds;
            emit LeaseActivated(leaseId, block.timestamp, darkSeconds);
            ++done;
        }
    }

    /// @inheritdoc ILeases
    function decline(LeaseId leaseId) external {
        OfferCore storage offer = _offerOf(leaseId);
        address operator = _LIVENESS.operatorOf(offer.provider);
        if (operator != msg.sender) revert MarketNotOperator(offer.provider, operator, msg.sender);
        Lease memory lease = _leases[leaseId];
        _requireStatus(leaseId, lease, LeaseStatus.Pending);
        uint256 deadline = _deadline(lease.since, lease.mark);
        if (block.timestamp >= deadline) revert MarketTooLateToDecline(leaseId, deadline, block.timestamp);

        Settlement.Batch memory batch = Settlement.start(1, 0);
        _cancel(batch, leaseId, lease, EndReason.Declined);
        batch.flush(_ESCROW);
    }

    // --------------------------------------------------------------------------------------------------- tenant

    /// @inheritdoc ILeases
    function cancel(LeaseId leaseId) external {
        Lease memory lease = _leases[leaseId];
        _requireTenant(leaseId, lease);
        _requireStatus(leaseId, lease, LeaseStatus.Pending);
        uint256 deadline = _deadline(lease.since, lease.mark);
        if (block.timestamp < deadline) revert MarketTooEarlyToCancel(leaseId, deadline, block.timestamp);

        Settlement.Batch memory batch = Settlement.start(1, 1);
        bool noShow = block.timestamp >= _cutoff(lease.since, lease.mark);
        _cancel(batch, leaseId, lease, noShow ? EndReason.NoShow : EndReason.CancelledByTenant);
        batch.flush(_ESCROW);
    }

    // --------------------------------------------------------------------------------------------------- anyone

    /// @inheritdoc ILeases
    function cancelNoShows(LeaseId[] calldata leaseIds) external returns (uint256 done) {
        Settlement.Batch memory batch = Settlement.start(leaseIds.length, 1);
        for (uint256 i = 0; i < leaseIds.length; ++i) {
            Lease memory lease = _leases[leaseIds[i]];
            if (lease.status != LeaseStatus.Pending || block.timestamp < _cutoff(lease.since, lease.mark)) continue;
            _cancel(batch, leaseIds[i], lease, EndReason.NoShow);
            ++done;
        }
        batch.flush(_ESCROW);
    }

    // ------------------------------------------------------------------------------------------------- internal

    /// @dev When the activation window of a pending lease is over.
    function _deadline(uint40 openedAt, uint32 activationWindow) private pure returns (uint40) {
        return openedAt + activationWindow;
    }

    /// @dev When only cancelling is left.
    function _cutoff(uint40 openedAt, uint32 activationWindow) private view returns (uint40) {
        return openedAt + activationWindow + _OUTAGE_ALLOWANCE;
    }

    /// @dev Ends a pending lease: its whole lock returns (a no-show's bounty goes to the caller), the penalty that its
    /// reason asks for is taken from its collateral, and the rest of that is free again.
    function _cancel(Settlement.Batch memory batch, LeaseId leaseId, Lease memory lease, EndReason reason) private {
        OfferCore storage offer = _offerOf(leaseId);
        (address provider, address token) = (offer.provider, offer.token);
        uint256 collateral = _collateralOf(lease, offer);
        Terms storage terms = _termsAt(lease.termsVersion);
        uint256 penalty;
        if (reason != EndReason.CancelledByTenant) {
            penalty = Money.partDown(collateral, terms.noShowBps);
            if (reason == EndReason.Declined) penalty /= _DECLINE_DIVISOR;
        }
        uint256 locked = _lockedAtOpen(lease, bountyOf(token, lease.tokenVersion));
        uint256 bounty = reason == EndReason.NoShow ? bountyOf(token, lease.tokenVersion) : 0;

        // Effect
        _end(_leases[leaseId], offer, LeaseStatus.Cancelled, reason);
        batch.release(_ESCROW, token, lease.tenant, locked - bounty, bounty);
        batch.credit(msg.sender, bounty);
        emit LeaseCancelled(leaseId, msg.sender, reason, locked - bounty, bounty, penalty);

        // Interaction
        if (penalty != 0) _STAKING.penalise(provider, penalty, lease.tenant, address(0), terms.treasury);
        if (collateral != penalty) _STAKING.release(provider, collateral - penalty);
    }
}
