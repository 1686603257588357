// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ClaimTail} from "./ClaimTail.sol";
import {Collateral} from "./Collateral.sol";
import {LeaseLib} from "./LeaseLib.sol";
import {Money} from "./Money.sol";
import {ILeaseClaims} from "../interfaces/ILeaseClaims.sol";
import {IProviderRecords} from "../interfaces/IProviderRecords.sol";
import {Book} from "../types/Book.sol";
import {Entry, toMovement} from "../types/Entry.sol";
import {LeaseId} from "../types/Ids.sol";
import {Lease} from "../types/Lease.sol";
import {LeaseClaims} from "../types/LeaseClaims.sol";
import {LeaseHistory} from "../types/LeaseHistory.sol";
import {LeaseProgress} from "../types/LeaseProgress.sol";
import {LeaseTerms} from "../types/LeaseTerms.sol";
import {LeaseStatus} from "../types/LeaseTypes.sol";
import {Offer} from "../types/OfferTypes.sol";

/// @title LeaseClaiming
/// @notice Claims on leases: opened and ended by the slashing module of the lease's offer. Linked to the market, whose
/// storage it works on.
/// @dev What a claim holds leaves the lease as if it had been paid, so that nothing else about the lease has to know: the
/// provider counts as paid for those seconds, and the fee that went with them is taken off the lease's fee. It waits in
/// the module's own escrow lock, so no module reaches what another one holds (INV-DSP-2).
library LeaseClaiming {
    uint256 private constant _BPS = 10_000;

    /// @dev What a claim holds of a lease.
    struct Held {
        uint256 amount; // base units, fee included
        uint256 fee; // part of it, as the lease counts it
        uint32 paidSeconds; // that the provider counts as paid for from now on
    }

    /// @notice See ILeaseClaims.openClaim.
    function open(
        Book storage book,
        LeaseLib.Vaults calldata vaults,
        LeaseId leaseId,
        address claimant,
        uint40 faultStart
    ) external returns (ILeaseClaims.Accused memory accused) {
        // Check
        Lease storage lease = book.leases[leaseId];
        (LeaseTerms terms, LeaseProgress progress) = (lease.terms, lease.progress);
        Offer storage offer = book.offers[leaseId.offerOf()];
        _requireSlasher(leaseId, offer);
        uint40 closedAt = _requireClaimable(leaseId, terms, progress);
        if (faultStart < progress.since() || faultStart >= closedAt) {
            revert ILeaseClaims.MarketFaultOutOfBounds(leaseId, faultStart, progress.since(), closedAt);
        }
        LeaseClaims claims = LeaseLib.claimsOf(lease, progress);
        if (claims.open() == type(uint16).max) revert ILeaseClaims.MarketTooManyClaims(leaseId);
        accused.tenant = terms.tenant();
        accused.provider = offer.state.provider();
        accused.collateral = LeaseLib.collateralOf(book, leaseId, lease, terms);
        Held memory held;
        held.paidSeconds = progress.paidSeconds();
        if (claimant == accused.tenant) {
            LeaseHistory history = LeaseLib.historyOf(lease, terms);
            _hold(vaults, progress, history, accused.provider, faultStart, closedAt, held);
        }
        accused.held = held.amount;

        // Effect
        lease.claims = claims.plusOpen().plusAside(held.fee);
        lease.progress = progress.withPaidSeconds(held.paidSeconds).asClaimed();
        emit ILeaseClaims.ClaimOpened(
            leaseId,
            claimant,
            msg.sender,
            faultStart,
            held.amount,
            held.fee,
            held.paidSeconds
        );

        // Interaction
        if (held.amount == 0) return accused;
        address token = book.listings[terms.listing()].token;
        vaults.escrow.moveLock(token, accused.tenant, msg.sender, held.amount);
    }

    /// @notice See ILeaseClaims.endClaim.
    function end(
        Book storage book,
        LeaseLib.Vaults calldata vaults,
        LeaseId leaseId,
        ILeaseClaims.Verdict calldata verdict
    ) external returns (uint256 penalty) {
        // Check
        Lease storage lease = book.leases[leaseId];
        (LeaseTerms terms, LeaseProgress progress) = (lease.terms, lease.progress);
        Offer storage offer = book.offers[leaseId.offerOf()];
        _requireSlasher(leaseId, offer);
        LeaseClaims claims = LeaseLib.claimsOf(lease, progress);
        if (claims.open() == 0) revert ILeaseClaims.MarketNoOpenClaim(leaseId);

        // Effect
        claims = claims.minusOpen();
        if (verdict.upheld) {
            uint256 left = LeaseLib.collateralOf(book, leaseId, lease, terms) - claims.taken();
            (claims, penalty) = _punish(claims, verdict, left);
            penalty *= Collateral.UNIT;
        }
        lease.claims = claims;
        uint256 fee = verdict.upheld ? 0 : Money.feeDown(verdict.held, progress.feeBps());
        emit ILeaseClaims.ClaimEnded(
            leaseId,
            verdict.claimant,
            verdict.upheld,
            verdict.held,
            fee,
            penalty,
            claims.punishedBps(),
            claims.coveredUntil()
        );

        // Interaction
        address provider = offer.state.provider();
        address treasury = book.terms[LeaseLib.treasuryVersionOf(lease, terms)].treasury;
        if (verdict.held != 0) {
            Entry[] memory lines = new Entry[](fee == 0 ? 2 : 3);
            lines[0] = Entry(msg.sender, toMovement(verdict.held, 0));
            lines[1] = Entry(verdict.upheld ? verdict.claimant : provider, toMovement(0, verdict.held - fee));
            if (fee != 0) lines[2] = Entry(treasury, toMovement(0, fee));
            vaults.escrow.settle(book.listings[terms.listing()].token, lines);
        }
        if (penalty != 0) _penalise(vaults, provider, verdict, penalty, treasury);
    }

    // ------------------------------------------------------------------------------------------------- internal

    function _requireSlasher(LeaseId leaseId, Offer storage offer) private view {
        address slasher = offer.slasher;
        if (msg.sender != slasher) revert ILeaseClaims.MarketNotSlasher(leaseId, slasher, msg.sender);
    }

    /// @dev Until when the lease lived, or now; demands that claims are still possible.
    function _requireClaimable(
        LeaseId leaseId,
        LeaseTerms terms,
        LeaseProgress progress
    ) private view returns (uint40 closedAt) {
        LeaseStatus status = progress.status();
        if (status != LeaseStatus.Active && status != LeaseStatus.Closed) {
            revert ILeaseClaims.MarketNotClaimable(leaseId);
        }
        closedAt = LeaseLib.endOf(terms, progress);
        if (block.timestamp < closedAt) return uint40(block.timestamp);
        uint40 deadline = ClaimTail.endsAt(progress.since(), terms.duration());
        if (block.timestamp >= deadline) {
            revert ILeaseClaims.MarketTooLateToClaim(leaseId, deadline, block.timestamp);
        }
    }

    /// @dev What was earned since the fault began, or since the provider was paid last, whichever is later. Seconds are
    /// counted from the anchor; everything before it was paid when the rate changed.
    function _hold(
        LeaseLib.Vaults calldata vaults,
        LeaseProgress progress,
        LeaseHistory history,
        address provider,
        uint40 faultStart,
        uint40 closedAt,
        Held memory held
    ) private view {
        uint40 anchor = progress.since() + history.anchorOffset();
        uint32 billed;
        uint32 darkAtAnchor;
        if (progress.status() == LeaseStatus.Closed) {
            billed = progress.mark();
            darkAtAnchor = vaults.liveness.darkSecondsUntil(provider, anchor);
        } else {
            darkAtAnchor = progress.mark() + history.darkBefore();
            uint32 dark = vaults.liveness.darkSecondsUntil(provider, closedAt);
            billed = LeaseLib.liveSeconds(progress, history, closedAt, dark);
        }
        uint32 from = held.paidSeconds;
        if (faultStart > anchor) {
            uint32 dark = vaults.liveness.darkSecondsUntil(provider, faultStart) - darkAtAnchor;
            uint32 before = uint32(faultStart - anchor) - dark; // dark seconds are part of those that passed
            if (before > from) from = before;
        }
        if (billed <= from) return;
        uint256 earnedThen = LeaseLib.earnedOf(progress, history, held.paidSeconds);
        uint256 feeThen = Money.feeDown(earnedThen, progress.feeBps());
        held.paidSeconds += billed - from;
        uint256 earned = LeaseLib.earnedOf(progress, history, held.paidSeconds);
        held.amount = earned - earnedThen;
        held.fee = Money.feeDown(earned, progress.feeBps()) - feeThen;
    }

    /// @dev Takes what an upheld claim is worth out of `left` of the collateral, both in millionths of a HOLD, rounded down.
    /// A fault that began within the cover costs the difference to what was punished there, and leaves the cover where it
    /// is: only a fault that is punished in full covers the time until it was claimed (ATK-DSP-3, ATK-DSP-6).
    function _punish(
        LeaseClaims claims,
        ILeaseClaims.Verdict calldata verdict,
        uint256 left
    ) private pure returns (LeaseClaims, uint256 amount) {
        uint256 fraction = verdict.fractionBps < _BPS ? verdict.fractionBps : _BPS;
        uint40 covered = claims.coveredUntil();
        bool within = verdict.faultStart < covered;
        uint256 before = within ? claims.punishedBps() : 0;
        if (fraction <= before) return (claims, 0);
        amount = (verdict.collateral * (fraction - before)) / _BPS;
        if (amount > left) amount = left;
        if (!within) covered = verdict.filedAt;
        return (claims.plusTaken(amount).withPunished(fraction, covered), amount);
    }

    /// @dev The penalty of an upheld claim, and its line in the provider's record.
    function _penalise(
        LeaseLib.Vaults calldata vaults,
        address provider,
        ILeaseClaims.Verdict calldata verdict,
        uint256 penalty,
        address treasury
    ) private {
        address challenger = verdict.claimant == verdict.tenant ? address(0) : verdict.claimant;
        vaults.staking.penalise(provider, penalty, verdict.tenant, challenger, treasury);
        IProviderRecords.Record memory record;
        record.slashed = uint96(penalty); // a part of HOLD's supply
        vaults.records.add(provider, record);
    }
}
