// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Entry, Movement, toMovement} from "../types/Entry.sol";
import {LeaseId, OfferId, toLeaseId} from "../types/Ids.sol";
import {LeaseClaims} from "../types/LeaseClaims.sol";
import {HistoryFields, LeaseHistory, toLeaseHistory} from "../types/LeaseHistory.sol";
import {LeaseProgress, toPendingLease} from "../types/LeaseProgress.sol";
import {LeaseTerms, toLeaseTerms} from "../types/LeaseTerms.sol";
import {EndReason, LeaseStatus} from "../types/LeaseTypes.sol";
import {ModuleLock} from "../types/ModuleLock.sol";
import {OfferState, toOfferState} from "../types/OfferState.sol";
import {OfferTraits, toOfferTraits} from "../types/OfferTraits.sol";
import {Resources} from "../types/Resources.sol";

/// @title TypesHarness
/// @notice Opens the packed types to their unit tests.
contract TypesHarness {
    // ------------------------------------------------------------------------------------------- LeaseProgress

    /// @notice The fields of a LeaseProgress.
    struct ProgressFields {
        uint128 rate;
        uint40 since;
        uint32 mark;
        uint32 paidSeconds;
        uint16 feeBps;
        bool claimed;
        LeaseStatus status;
        EndReason reason;
        bool settled;
    }

    function pendingLease(
        uint128 rate,
        uint40 openedAt,
        uint32 window,
        uint16 feeBps
    ) external pure returns (LeaseProgress) {
        return toPendingLease(rate, openedAt, window, feeBps);
    }

    function progressFields(LeaseProgress progress) external pure returns (ProgressFields memory) {
        return
            ProgressFields({
                rate: progress.rate(),
                since: progress.since(),
                mark: progress.mark(),
                paidSeconds: progress.paidSeconds(),
                feeBps: progress.feeBps(),
                claimed: progress.claimed(),
                status: progress.status(),
                reason: progress.reason(),
                settled: progress.settled()
            });
    }

    function activated(LeaseProgress progress, uint40 startedAt, uint32 dark) external pure returns (LeaseProgress) {
        return progress.activated(startedAt, dark);
    }

    function withPaidSeconds(LeaseProgress progress, uint32 paidSeconds) external pure returns (LeaseProgress) {
        return progress.withPaidSeconds(paidSeconds);
    }

    function withRate(LeaseProgress progress, uint128 rate) external pure returns (LeaseProgress) {
        return progress.withRate(rate);
    }

    function withFeeBps(LeaseProgress progress, uint16 feeBps) external pure returns (LeaseProgress) {
        return progress.withFeeBps(feeBps);
    }

    function asClaimed(LeaseProgress progress) external pure returns (LeaseProgress) {
        return progress.asClaimed();
    }

    function ended(
        LeaseProgress progress,
        LeaseStatus status,
        EndReason reason,
        uint32 billed
    ) external pure returns (LeaseProgress) {
        return progress.ended(status, reason, billed);
    }

    function withSettled(LeaseProgress progress) external pure returns (LeaseProgress) {
        return progress.withSettled();
    }

    function released(LeaseProgress progress) external pure returns (LeaseProgress) {
        return progress.released();
    }

    // ---------------------------------------------------------------------------------------------- LeaseTerms

    /// @notice The fields of a LeaseTerms.
    struct TermsFields {
        address tenant;
        uint32 duration;
        uint24 units;
        uint16 termsVersion;
        uint16 listing;
        bool changed;
        bool noticed;
        uint8 transfers;
    }

    function leaseTerms(
        address tenant,
        uint32 duration,
        uint24 units,
        uint16 termsVersion,
        uint16 listing
    ) external pure returns (LeaseTerms) {
        return toLeaseTerms(tenant, duration, units, termsVersion, listing);
    }

    function termsFields(LeaseTerms terms) external pure returns (TermsFields memory) {
        return
            TermsFields({
                tenant: terms.tenant(),
                duration: terms.duration(),
                units: terms.units(),
                termsVersion: terms.termsVersion(),
                listing: terms.listing(),
                changed: terms.changed(),
                noticed: terms.noticed(),
                transfers: terms.transfers()
            });
    }

    function withDuration(LeaseTerms terms, uint32 duration) external pure returns (LeaseTerms) {
        return terms.withDuration(duration);
    }

    function withUnits(LeaseTerms terms, uint24 units) external pure returns (LeaseTerms) {
        return terms.withUnits(units);
    }

    function withVersion(LeaseTerms terms, uint16 version) external pure returns (LeaseTerms) {
        return terms.withVersion(version);
    }

    function withChanged(LeaseTerms terms) external pure returns (LeaseTerms) {
        return terms.withChanged();
    }

    function withNotice(LeaseTerms terms, uint32 duration) external pure returns (LeaseTerms) {
        return terms.withNotice(duration);
    }

    function withTransfer(LeaseTerms terms, address tenant) external pure returns (LeaseTerms) {
        return terms.withTransfer(tenant);
    }

    // -------------------------------------------------------------------------------------------- LeaseHistory

    function leaseHistory(HistoryFields calldata fields) external pure returns (LeaseHistory) {
        return toLeaseHistory(fields);
    }

    function historyFields(LeaseHistory history) external pure returns (HistoryFields memory) {
        return
            HistoryFields({
                fraction: history.fraction(),
                feeRemainder: history.feeRemainder(),
                anchorOffset: history.anchorOffset(),
                darkBefore: history.darkBefore(),
                collateral: history.collateralUnits(),
                treasuryVersion: history.treasuryVersion(),
                grownFrom: history.grownFrom(),
                grownAgo: history.grownAgo(),
                lagging: history.lagging()
            });
    }

    function withCollateral(LeaseHistory history, uint256 units) external pure returns (LeaseHistory) {
        return history.withCollateral(units);
    }

    // --------------------------------------------------------------------------------------------- LeaseClaims

    /// @notice The fields of a LeaseClaims.
    struct ClaimsFields {
        uint256 aside;
        uint256 taken;
        uint16 open;
        uint256 punished;
        uint32 cover;
    }

    function claimsFields(LeaseClaims claims) external pure returns (ClaimsFields memory) {
        return
            ClaimsFields({
                aside: claims.aside(),
                taken: claims.taken(),
                open: claims.open(),
                punished: claims.punished(),
                cover: claims.cover()
            });
    }

    function plusAside(LeaseClaims claims, uint256 fee) external pure returns (LeaseClaims) {
        return claims.plusAside(fee);
    }

    function withoutAside(LeaseClaims claims) external pure returns (LeaseClaims) {
        return claims.withoutAside();
    }

    function plusTaken(LeaseClaims claims, uint256 units) external pure returns (LeaseClaims) {
        return claims.plusTaken(units);
    }

    function plusOpen(LeaseClaims claims) external pure returns (LeaseClaims) {
        return claims.plusOpen();
    }

    function minusOpen(LeaseClaims claims) external pure returns (LeaseClaims) {
        return claims.minusOpen();
    }

    function withPunished(LeaseClaims claims, uint256 punished, uint32 cover) external pure returns (LeaseClaims) {
        return claims.withPunished(punished, cover);
    }

    // ---------------------------------------------------------------------------------------------- OfferState

    /// @notice The fields of an OfferState, and what follows from them.
    struct StateFields {
        address provider;
        uint24 capacity;
        uint24 used;
        uint32 leaseCount;
        uint16 tokenNumber;
        uint24 unitsLeft;
    }

    function offerState(address provider, uint24 capacity, uint16 tokenNumber) external pure returns (OfferState) {
        return toOfferState(provider, capacity, tokenNumber);
    }

    function stateFields(OfferState state) external pure returns (StateFields memory) {
        return
            StateFields({
                provider: state.provider(),
                capacity: state.capacity(),
                used: state.used(),
                leaseCount: state.leaseCount(),
                tokenNumber: state.tokenNumber(),
                unitsLeft: state.unitsLeft()
            });
    }

    function withCapacity(OfferState state, uint24 capacity) external pure returns (OfferState) {
        return state.withCapacity(capacity);
    }

    function afterOpening(OfferState state, uint24 units) external pure returns (OfferState next, uint32 index) {
        return state.afterOpening(units);
    }

    function afterEnd(OfferState state, uint24 units) external pure returns (OfferState) {
        return state.afterEnd(units);
    }

    function afterGrowth(OfferState state, uint24 units) external pure returns (OfferState) {
        return state.afterGrowth(units);
    }

    // ---------------------------------------------------------------------------------------------- ModuleLock

    /// @notice The fields of a ModuleLock, and what follows from them.
    struct LockFields {
        uint256 locked;
        uint256 ceiling;
        uint16 nonce;
        uint256 headroom;
    }

    function lockFields(ModuleLock held) external pure returns (LockFields memory) {
        return
            LockFields({
                locked: held.locked(),
                ceiling: held.ceiling(),
                nonce: held.nonce(),
                headroom: held.headroom()
            });
    }

    function plusLocked(ModuleLock held, uint256 amount) external pure returns (ModuleLock) {
        return held.plusLocked(amount);
    }

    function minusLocked(ModuleLock held, uint256 amount) external pure returns (ModuleLock) {
        return held.minusLocked(amount);
    }

    function withCeiling(ModuleLock held, uint120 ceiling, uint16 nonce) external pure returns (ModuleLock) {
        return held.withCeiling(ceiling, nonce);
    }

    function afterPayout(ModuleLock held, uint256 paid) external pure returns (ModuleLock) {
        return held.afterPayout(paid);
    }

    function afterGift(ModuleLock held, uint256 given) external pure returns (ModuleLock) {
        return held.afterGift(given);
    }

    // --------------------------------------------------------------------------------- OfferTraits and Resources

    function offerTraits(
        Resources resources,
        uint24 minDuration,
        uint32 maxDuration
    ) external pure returns (OfferTraits) {
        return toOfferTraits(resources, minDuration, maxDuration);
    }

    function traitsFields(OfferTraits traits) external pure returns (Resources, uint24, uint32) {
        return (traits.resources(), traits.minDuration(), traits.maxDuration());
    }

    function meets(Resources offered, Resources required) external pure returns (bool) {
        return offered.meets(required);
    }

    function gpuTier(Resources resources) external pure returns (uint256) {
        return resources.gpuTier();
    }

    function gpuCount(Resources resources) external pure returns (uint8) {
        return resources.gpuCount();
    }

    function region(Resources resources) external pure returns (uint16) {
        return resources.region();
    }

    // ------------------------------------------------------------------------------------------- Ids and Entries

    function leaseId(OfferId offerId, uint32 index) external pure returns (LeaseId) {
        return toLeaseId(offerId, index);
    }

    function leaseIdFields(LeaseId id) external pure returns (OfferId, uint32) {
        return (id.offerOf(), id.indexOf());
    }

    function movement(uint256 fromLock, uint256 toFree) external pure returns (Movement) {
        return toMovement(fromLock, toFree);
    }

    function sum(Entry calldata a, Entry calldata b) external pure returns (uint256 fromLock, uint256 toFree) {
        Movement both = a.movement + b.movement;
        return (both.fromLock(), both.toFree());
    }
}
