// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Accrual} from "./Accrual.sol";
import {ClaimTail} from "./ClaimTail.sol";
import {Collateral} from "./Collateral.sol";
import {LeaseLib} from "./LeaseLib.sol";
import {Money} from "./Money.sol";
import {ILeaseClaims} from "../interfaces/ILeaseClaims.sol";
import {ILeases} from "../interfaces/ILeases.sol";
import {IProviderRecords} from "../interfaces/IProviderRecords.sol";
import {Book} from "../types/Book.sol";
import {ClaimRecord, toClaimRecord} from "../types/ClaimRecord.sol";
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
/// @dev What a claim holds leaves the lease as if it had been paid, so that nothing else about the lease has to know of
/// claims: the provider counts as paid for those seconds, and the fee on them is taken off the lease's fee. It stays in
/// the lock of the tenant who claims, and is recorded under the lease and the claimant. At the end the module says
/// whether the claim is upheld, and which fraction of the collateral that is worth. Everything else comes from the
/// record (INV-DSP-4).
library LeaseClaiming {
    /// @notice Least fraction of the collateral that a fault costs, basis points; what costs less is not upheld.
    uint256 internal constant MIN_FRACTION_BPS = 100;

    /// @dev What a claim holds of a lease.
    struct Held {
        uint256 amount; // base units, fee included
        uint256 fee; // part of it, as the lease counts it
        uint32 paidSeconds; // that the provider counts as paid for from now on
    }

    /// @dev How a claim ends.
    struct Verdict {
        address claimant;
        ClaimRecord record;
        uint256 fractionBps;
        bool upheld;
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
        uint40 closedAt = _requireClaimable(leaseId, terms, progress, faultStart);
        if (book.claims[leaseId][claimant].isOpen()) revert ILeaseClaims.MarketClaimOpen(leaseId, claimant);
        LeaseClaims claims = LeaseLib.claimsOf(lease, progress);
        if (claims.open() == type(uint16).max) revert ILeaseClaims.MarketTooManyClaims(leaseId);
        LeaseHistory history = LeaseLib.historyOf(lease, terms);
        accused.tenant = terms.tenant();
        accused.provider = offer.state.provider();
        accused.collateral = LeaseLib.liableOf(book, leaseId, lease, terms);
        if (terms.changed() && faultStart < Accrual.grownAt(progress, history)) {
            // A fault counts on no more collateral than there was when it began (ATK-LSE-14).
            uint256 before = history.grownFrom();
            if (before < accused.collateral) accused.collateral = before;
        }
        Held memory held;
        held.paidSeconds = progress.paidSeconds();
        if (claimant == accused.tenant) {
            _hold(vaults, progress, history, accused.provider, faultStart, closedAt, held);
        }
        accused.held = held.amount;

        // Effect
        book.claims[leaseId][claimant] = toClaimRecord(
            held.amount,
            accused.collateral,
            uint40(block.timestamp),
            faultStart,
            progress.feeBps(),
            terms.transfers()
        );
        lease.claims = claims.plusOpen().plusAside(held.fee);
        lease.progress = progress.withPaidSeconds(held.paidSeconds).asClaimed();
        emit ILeaseClaims.ClaimOpened(
            leaseId,
            claimant,
            msg.sender,
            faultStart,
            held.amount,
            held.fee,
            held.paidSeconds,
            accused.collateral * Collateral.UNIT
        );
    }

    /// @notice See ILeaseClaims.endClaim.
    function end(
        Book storage book,
        LeaseLib.Vaults calldata vaults,
        LeaseId leaseId,
        address claimant,
        uint256 fractionBps,
        bool upheld
    ) external returns (uint256 penalty) {
        _requireSlasher(leaseId, book.offers[leaseId.offerOf()]);
        ClaimRecord record = book.claims[leaseId][claimant];
        if (!record.isOpen()) return 0;
        // A module of the provider's own could otherwise return the earnings without a fee, for a penalty of nothing.
        if (fractionBps < MIN_FRACTION_BPS || block.timestamp >= ClaimTail.lapsesAt(record.filedAt())) upheld = false;
        return _end(book, vaults, leaseId, Verdict(claimant, record, fractionBps, upheld));
    }

    /// @notice See ILeaseClaims.lapseClaim.
    function lapse(Book storage book, LeaseLib.Vaults calldata vaults, LeaseId leaseId, address claimant) external {
        ClaimRecord record = book.claims[leaseId][claimant];
        if (!record.isOpen()) revert ILeaseClaims.MarketNoOpenClaim(leaseId, claimant);
        uint40 lapsesAt = ClaimTail.lapsesAt(record.filedAt());
        if (block.timestamp < lapsesAt) {
            revert ILeaseClaims.MarketClaimNotLapsed(leaseId, claimant, lapsesAt, block.timestamp);
        }
        _end(book, vaults, leaseId, Verdict(claimant, record, 0, false));
    }

    /// @notice See ILeaseClaims.claimOf.
    function viewOf(
        Book storage book,
        LeaseId leaseId,
        address claimant
    ) external view returns (ILeaseClaims.ClaimView memory result) {
        ClaimRecord record = book.claims[leaseId][claimant];
        if (!record.isOpen()) return result;
        result.tenant = _tenantThen(book, leaseId, record);
        result.held = record.held();
        result.collateral = record.collateral() * Collateral.UNIT;
        result.filedAt = record.filedAt();
        result.faultStart = record.faultStart();
        result.feeBps = record.feeBps();
    }

    // ------------------------------------------------------------------------------------------------- internal

    function _requireSlasher(LeaseId leaseId, Offer storage offer) private view {
        address slasher = offer.slasher;
        if (msg.sender != slasher) revert ILeaseClaims.MarketNotSlasher(leaseId, slasher, msg.sender);
    }

    /// @dev Demands that claims are still possible, and that the fault began within the lease and at most seven days
    /// ago. Returns the end of the lease, or now where that has not come.
    function _requireClaimable(
        LeaseId leaseId,
        LeaseTerms terms,
        LeaseProgress progress,
        uint40 faultStart
    ) private view returns (uint40 closedAt) {
        LeaseStatus status = progress.status();
        if (status != LeaseStatus.Active && status != LeaseStatus.Closed) {
            revert ILeaseClaims.MarketNotClaimable(leaseId);
        }
        closedAt = LeaseLib.endOf(terms, progress);
        if (block.timestamp < closedAt) {
            closedAt = uint40(block.timestamp);
        } else {
            uint40 deadline = ClaimTail.endsAt(progress.since(), terms.duration());
            if (block.timestamp >= deadline) {
                revert ILeaseClaims.MarketTooLateToClaim(leaseId, deadline, block.timestamp);
            }
        }
        uint256 least = block.timestamp - Accrual.MAX_FAULT_AGE;
        if (least < progress.since()) least = progress.since();
        if (faultStart < least || faultStart >= closedAt) {
            revert ILeaseClaims.MarketFaultOutOfBounds(leaseId, faultStart, least, closedAt);
        }
    }

    /// @dev Fills in `held`: what was earned since the fault began, or since the second that the provider is paid
    /// until, whichever is later. Seconds are counted from the anchor; everything before it was paid when the rate
    /// changed.
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
        uint256 feeThen = LeaseLib.feeOf(progress, history, earnedThen);
        held.paidSeconds += billed - from;
        uint256 earned = LeaseLib.earnedOf(progress, history, held.paidSeconds);
        held.amount = earned - earnedThen;
        held.fee = LeaseLib.feeOf(progress, history, earned) - feeThen;
    }

    /// @dev Ends a claim by its record.
    function _end(
        Book storage book,
        LeaseLib.Vaults calldata vaults,
        LeaseId leaseId,
        Verdict memory verdict
    ) private returns (uint256 penalty) {
        // Effect
        Lease storage lease = book.leases[leaseId];
        (LeaseTerms terms, LeaseProgress progress) = (lease.terms, lease.progress);
        book.claims[leaseId][verdict.claimant] = ClaimRecord.wrap(0);
        LeaseClaims claims = lease.claims.minusOpen();
        if (verdict.upheld) {
            uint256 collateral = LeaseLib.collateralOf(book, leaseId, lease, terms);
            // Until the lease is settled, what the service credit may need stays (ATK-ROL-2).
            uint256 kept = claims.taken() + (progress.settled() ? 0 : LeaseLib.mostCredit(collateral));
            uint256 left = collateral > kept ? collateral - kept : 0;
            (claims, penalty) = _punish(claims, verdict, progress.since(), left);
            penalty *= Collateral.UNIT;
        }
        lease.claims = claims;
        address provider = book.offers[leaseId.offerOf()].state.provider();
        address treasury = book.terms[LeaseLib.treasuryVersionOf(lease, terms)].treasury;
        uint256 held = verdict.record.held();
        uint256 fee = verdict.upheld ? 0 : Money.feeDown(held, verdict.record.feeBps(), 0);
        emit ILeaseClaims.ClaimEnded(
            leaseId,
            verdict.claimant,
            verdict.upheld,
            held,
            fee,
            penalty,
            claims.punished() * Collateral.UNIT,
            claims.cover() == 0 ? 0 : uint256(progress.since()) + claims.cover()
        );

        // Interaction: held earnings are the claimant's, who was the tenant, or the provider's and the treasury's.
        if (held != 0) {
            Entry[] memory lines = new Entry[](verdict.upheld ? 1 : 3);
            if (verdict.upheld) {
                lines[0] = Entry(verdict.claimant, toMovement(held, held));
            } else {
                lines[0] = Entry(verdict.claimant, toMovement(held, 0));
                lines[1] = Entry(provider, toMovement(0, held - fee));
                lines[2] = Entry(treasury, toMovement(0, fee));
            }
            vaults.escrow.settle(book.listings[terms.listing()].token, lines);
        }
        if (penalty != 0) _penalise(book, vaults, leaseId, verdict, provider, treasury, penalty);
        if (claims.open() == 0 && terms.changed()) _catchUp(book, vaults, leaseId, provider);
    }

    /// @dev Takes what an upheld claim is worth out of `left` of the collateral, both in millionths of a HOLD, rounded
    /// down. A fault that began within the cover costs only what exceeds the amount that was taken there: amounts are
    /// compared, since two claims may count on different collateral. It leaves the cover where it is. Only a fault
    /// outside of it starts a new cover, until the second in which it was claimed (ATK-DSP-3, ATK-DSP-6).
    function _punish(
        LeaseClaims claims,
        Verdict memory verdict,
        uint40 start,
        uint256 left
    ) private pure returns (LeaseClaims, uint256 amount) {
        amount = Money.partDown(
            verdict.record.collateral(),
            verdict.fractionBps < Money.BPS ? verdict.fractionBps : Money.BPS
        );
        uint256 cover = claims.cover();
        bool within = verdict.record.faultStart() < start + cover;
        uint256 before = within ? claims.punished() : 0;
        if (within && amount <= before) return (claims, 0);
        amount -= before;
        if (amount > left) amount = left;
        if (!within) cover = verdict.record.filedAt() - start;
        if (cover > type(uint32).max) cover = type(uint32).max; // after 136 years
        return (claims.plusTaken(amount).withPunished(before + amount, uint32(cover)), amount);
    }

    /// @dev The penalty of an upheld claim, and its line in the provider's record.
    function _penalise(
        Book storage book,
        LeaseLib.Vaults calldata vaults,
        LeaseId leaseId,
        Verdict memory verdict,
        address provider,
        address treasury,
        uint256 penalty
    ) private {
        address tenant = _tenantThen(book, leaseId, verdict.record);
        address challenger = verdict.claimant == tenant ? address(0) : verdict.claimant;
        vaults.staking.penalise(provider, penalty, tenant, challenger, treasury);
        IProviderRecords.Record memory record;
        record.slashed = uint96(penalty); // a part of HOLD's supply
        vaults.records.add(provider, record);
    }

    /// @dev The tenant of a lease when a claim on it was filed.
    function _tenantThen(Book storage book, LeaseId leaseId, ClaimRecord record) private view returns (address) {
        LeaseTerms terms = book.leases[leaseId].terms;
        uint8 transfers = record.transfers();
        return transfers == terms.transfers() ? terms.tenant() : book.formerTenants[leaseId][transfers];
    }

    /// @dev Once no claim is open: releases what a shrink left reserved because a claim was open. A lease that ended keeps it
    /// until it is settled, so that its service credit does not depend on what comes first (INV-LSE-10).
    function _catchUp(Book storage book, LeaseLib.Vaults calldata vaults, LeaseId leaseId, address provider) private {
        Lease storage lease = book.leases[leaseId];
        LeaseHistory history = lease.history;
        (LeaseTerms terms, LeaseProgress progress) = (lease.terms, lease.progress);
        if (!history.lagging() || progress.status() == LeaseStatus.Released) return;
        if (!progress.settled() && block.timestamp >= LeaseLib.endOf(terms, progress)) return;
        uint256 before = history.collateralUnits();
        uint256 collateral = LeaseLib.neededOf(book, leaseId, terms);
        uint256 least = LeaseLib.leastCollateral(lease.claims.taken());
        if (collateral < least) collateral = least;
        if (collateral > before) collateral = before;
        lease.history = history.withCollateral(collateral);
        emit ILeases.CollateralLowered(leaseId, collateral * Collateral.UNIT);
        if (collateral != before) vaults.staking.release(provider, (before - collateral) * Collateral.UNIT);
    }
}
