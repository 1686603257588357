// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ILeases} from "../interfaces/ILeases.sol";
import {IEscrow} from "../interfaces/IEscrow.sol";
import {ClaimTail} from "../libraries/ClaimTail.sol";
import {Money} from "../libraries/Money.sol";
import {Settlement} from "../libraries/Settlement.sol";
import {LeaseId} from "../types/Ids.sol";
import {EndReason, Lease, LeaseStatus} from "../types/LeaseTypes.sol";
import {OfferCore} from "../types/OfferTypes.sol";
import {Terms} from "../types/Parameters.sol";
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
        Lease memory lease = _leases[leaseId];
        _requireTenant(leaseId, lease);
        _requireStatus(leaseId, lease, LeaseStatus.Active);
        uint40 end = lease.since + lease.duration;
        if (block.timestamp >= end) revert MarketLeaseEnded(leaseId, end, block.timestamp);

        // Effect: the end moves to now, and the seconds missing to the minimum are billed with the live ones. Together
        // they are at most the duration, since the offer's minimum was not more when the lease was opened (INV-LSE-1).
        OfferCore storage offer = _offerOf(leaseId);
        uint40 now_ = uint40(block.timestamp);
        uint32 lived = uint32(now_ - lease.since); // less than the duration, a uint32
        uint32 billed = _liveSeconds(lease, offer.provider, now_);
        uint32 minimum = offer.minDuration;
        if (minimum > lived) billed += minimum - lived;

        Lease storage stored = _leases[leaseId];
        stored.duration = lived;
        stored.mark = billed;
        _end(stored, offer, LeaseStatus.Closed, EndReason.ClosedByTenant);
        address token = offer.token;
        uint256 refund =
            _lockedAtOpen(lease, bountyOf(token, lease.tokenVersion)) -
                Money.earnedDown(lease.ratePerSecondX32, billed);
        emit LeaseClosed(leaseId, msg.sender, EndReason.ClosedByTenant, now_, billed, refund, 0);

        // Interaction
        IEscrow.Release[] memory releases = new IEscrow.Release[](1);
        releases[0] = IEscrow.Release({account: msg.sender, unlocked: refund, paid: 0});
        _ESCROW.settle(token, releases, new IEscrow.Credit[](0));
    }

    // --------------------------------------------------------------------------------------------------- anyone

    /// @inheritdoc ILeases
    function expire(LeaseId[] calldata leaseIds) external returns (uint256 done) {
        Settlement.Batch memory batch = Settlement.start(leaseIds.length, 1);
        for (uint256 i = 0; i < leaseIds.length; ++i) {
            if (_expire(batch, leaseIds[i])) ++done;
        }
        batch.flush(_ESCROW);
    }

    /// @inheritdoc ILeases
    function collect(LeaseId[] calldata leaseIds) external returns (uint256 done) {
        Settlement.Batch memory batch = Settlement.start(leaseIds.length, 2);
        for (uint256 i = 0; i < leaseIds.length; ++i) {
            if (_collect(batch, leaseIds[i])) ++done;
        }
        batch.flush(_ESCROW);
    }

    // ------------------------------------------------------------------------------------------------- internal

    /// @dev Ends one active lease at its end, whenever that was; false where it is not due.
    function _expire(Settlement.Batch memory batch, LeaseId leaseId) private returns (bool) {
        // Check
        Lease storage stored = _leases[leaseId];
        if (stored.status != LeaseStatus.Active) return false;
        Lease memory lease = stored;
        uint40 end = lease.since + lease.duration;
        if (block.timestamp < end) return false;

        // Effect
        OfferCore storage offer = _offerOf(leaseId);
        uint32 billed = _liveSeconds(lease, offer.provider, end);
        stored.mark = billed;
        _end(stored, offer, LeaseStatus.Closed, EndReason.Expired);
        address token = offer.token;
        uint256 bounty = bountyOf(token, lease.tokenVersion);
        uint256 refund =
            Money.costUp(lease.ratePerSecondX32, lease.duration) - Money.earnedDown(lease.ratePerSecondX32, billed);
        batch.release(_ESCROW, token, lease.tenant, refund, bounty);
        batch.credit(msg.sender, bounty);
        emit LeaseClosed(leaseId, msg.sender, EndReason.Expired, end, billed, refund, bounty);
        return true;
    }

    function _collect(Settlement.Batch memory batch, LeaseId leaseId) private returns (bool) {
        LeaseStatus status = _leases[leaseId].status;
        if (status == LeaseStatus.Active) return _collectRunning(batch, leaseId);
        if (status == LeaseStatus.Closed) return _collectClosed(batch, leaseId);
        return false;
    }

    /// @dev Pays the provider, net of the fee, what the lease earned until now, or until its end.
    function _collectRunning(Settlement.Batch memory batch, LeaseId leaseId) private returns (bool) {
        Lease memory lease = _leases[leaseId];
        OfferCore storage offer = _offerOf(leaseId);
        address provider = offer.provider;
        uint40 end = lease.since + lease.duration;
        uint32 live = _liveSeconds(lease, provider, block.timestamp < end ? uint40(block.timestamp) : end);
        uint16 feeBps = _termsAt(lease.termsVersion).feeBps;
        uint256 amount = Money.netOf(Money.earnedDown(lease.ratePerSecondX32, live), feeBps) - _paid(lease, feeBps);
        if (amount == 0) return false;

        _leases[leaseId].paidSeconds = live;
        batch.release(_ESCROW, offer.token, lease.tenant, 0, amount);
        batch.credit(payoutOf(provider), amount);
        emit LeaseCollected(leaseId, live, amount, 0);
        return true;
    }

    /// @dev Pays the provider the rest and the treasury the fee, once; releases the collateral when the time to file
    /// claims is over.
    function _collectClosed(Settlement.Batch memory batch, LeaseId leaseId) private returns (bool done) {
        Lease memory lease = _leases[leaseId];
        OfferCore storage offer = _offerOf(leaseId);
        if (!lease.settled) {
            Terms storage terms = _termsAt(lease.termsVersion);
            uint256 earned = Money.earnedDown(lease.ratePerSecondX32, lease.mark);
            uint256 fee = Money.feeDown(earned, terms.feeBps);
            uint256 amount = earned - fee - _paid(lease, terms.feeBps);
            _leases[leaseId].paidSeconds = lease.mark;
            _leases[leaseId].settled = true;
            batch.release(_ESCROW, offer.token, lease.tenant, 0, amount + fee);
            batch.credit(payoutOf(offer.provider), amount);
            batch.credit(terms.treasury, fee);
            emit LeaseCollected(leaseId, lease.mark, amount, fee);
            done = true;
        }
        if (block.timestamp >= ClaimTail.endsAt(lease)) {
            _leases[leaseId].status = LeaseStatus.Released;
            uint256 collateral = _collateralOf(lease, offer);
            emit CollateralReleased(leaseId, collateral);
            if (collateral != 0) _STAKING.release(offer.provider, collateral);
            done = true;
        }
    }

    /// @dev What the provider was paid so far: it follows from the seconds that it was paid for.
    function _paid(Lease memory lease, uint16 feeBps) private pure returns (uint256) {
        return Money.netOf(Money.earnedDown(lease.ratePerSecondX32, lease.paidSeconds), feeBps);
    }
}
