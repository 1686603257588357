// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Collateral} from "./Collateral.sol";
import {Money} from "./Money.sol";
import {IEscrow} from "../interfaces/IEscrow.sol";
import {ILeases} from "../interfaces/ILeases.sol";
import {ILiveness} from "../interfaces/ILiveness.sol";
import {IProviderRecords} from "../interfaces/IProviderRecords.sol";
import {IStaking} from "../interfaces/IStaking.sol";
import {Book} from "../types/Book.sol";
import {LeaseId} from "../types/Ids.sol";
import {Lease} from "../types/Lease.sol";
import {LeaseClaims} from "../types/LeaseClaims.sol";
import {LeaseHistory} from "../types/LeaseHistory.sol";
import {LeaseProgress} from "../types/LeaseProgress.sol";
import {LeaseTerms} from "../types/LeaseTerms.sol";
import {EndReason, LeaseStatus} from "../types/LeaseTypes.sol";
import {Offer} from "../types/OfferTypes.sol";
import {Resources} from "../types/Resources.sol";

/// @title LeaseLib
/// @notice What every action on a lease asks of it: its end, its accrual, its collateral, its dark allowance.
library LeaseLib {
    /// @notice The contracts behind a market, and its outage allowance.
    struct Vaults {
        IEscrow escrow;
        IStaking staking;
        ILiveness liveness;
        IProviderRecords records;
        uint32 outageAllowance; // seconds
    }

    /// @notice The last answer of the liveness clock: a batch mostly asks the same again.
    struct DarkAnswer {
        address provider;
        uint40 instant;
        uint32 darkSeconds;
    }

    /// @notice A lease is renewed, or fails over, in this time before its end.
    uint256 internal constant RENEWAL_WINDOW = 1 hours;

    /// @notice A raise of an offer's price counts for renewals after this time.
    uint256 internal constant RAISE_DELAY = 24 hours;

    /// @notice A service credit is at most this part of the collateral.
    uint256 internal constant CREDIT_DIVISOR = 4;

    /// @notice Demands a status.
    function requireStatus(LeaseId leaseId, LeaseStatus actual, LeaseStatus expected) internal pure {
        if (actual != expected) revert ILeases.MarketWrongStatus(leaseId, expected, actual);
    }

    /// @notice Demands that the caller is the tenant.
    function requireTenant(LeaseId leaseId, LeaseTerms terms) internal view {
        address tenant = terms.tenant();
        if (tenant != msg.sender) revert ILeases.MarketNotTenant(leaseId, tenant, msg.sender);
    }

    /// @notice Demands that a lease is active and its end has not come.
    function requireRunning(LeaseId leaseId, LeaseTerms terms, LeaseProgress progress) internal view {
        requireStatus(leaseId, progress.status(), LeaseStatus.Active);
        uint40 end = endOf(terms, progress);
        if (block.timestamp >= end) revert ILeases.MarketLeaseEnded(leaseId, end, block.timestamp);
    }

    /// @notice When an active lease ends, or a closed one did.
    function endOf(LeaseTerms terms, LeaseProgress progress) internal pure returns (uint40) {
        // A second of this era and 136 years fit 40 bits.
        unchecked {
            return progress.since() + terms.duration();
        }
    }

    /// @notice From when on a lease counts: its history, or zero where it has none, which says that nothing was earned
    /// before and that it counts from its start.
    function historyOf(Lease storage lease, LeaseTerms terms) internal view returns (LeaseHistory) {
        return terms.changed() ? lease.history : LeaseHistory.wrap(0);
    }

    /// @notice Dark seconds of `provider` until `instant`; asks the clock unless `known` answers it.
    function darkUntil(
        DarkAnswer memory known,
        ILiveness liveness,
        address provider,
        uint40 instant
    ) internal view returns (uint32) {
        if (known.provider != provider || known.instant != instant) {
            known.darkSeconds = liveness.darkSecondsUntil(provider, instant);
            known.provider = provider;
            known.instant = instant;
        }
        return known.darkSeconds;
    }

    /// @notice Live seconds of an active lease from its anchor until `instant`, by when its provider had been dark for
    /// `dark`. Dark seconds are part of the seconds that passed, so nothing underflows (INV-LSE-4).
    function liveSeconds(
        LeaseProgress progress,
        LeaseHistory history,
        uint40 instant,
        uint32 dark
    ) internal pure returns (uint32) {
        unchecked {
            uint256 passed = instant - progress.since() - history.anchorOffset();
            return uint32(passed - (dark - progress.mark() - history.darkBefore())); // not more than the duration
        }
    }

    /// @notice Base units that a lease costs from its anchor to its end, without darkness.
    function costFromAnchor(
        LeaseTerms terms,
        LeaseProgress progress,
        LeaseHistory history
    ) internal pure returns (uint256) {
        // The anchor is not after the end.
        unchecked {
            return Money.costUp(progress.rate(), terms.duration() - history.anchorOffset(), history.fraction());
        }
    }

    /// @notice Base units that are left of what a lease costs from its anchor to its end, with `billed` seconds billed.
    function unearnedOf(
        LeaseTerms terms,
        LeaseProgress progress,
        LeaseHistory history,
        uint32 billed
    ) internal pure returns (uint256) {
        // Billed are at most the seconds from the anchor to the end, and the cost is rounded up.
        unchecked {
            return costFromAnchor(terms, progress, history) - earnedOf(progress, history, billed);
        }
    }

    /// @notice Base units that the provider was paid since the anchor: it follows from the seconds that it was paid
    /// for.
    function paidOf(LeaseProgress progress, LeaseHistory history) internal pure returns (uint256) {
        return netOf(progress, history, earnedOf(progress, history, progress.paidSeconds()));
    }

    /// @notice Base units that a lease earned since its anchor, with `live` seconds from there.
    function earnedOf(LeaseProgress progress, LeaseHistory history, uint32 live) internal pure returns (uint256) {
        return Money.earnedDown(progress.rate(), live, history.fraction());
    }

    /// @notice The fee on `earned` base units since the anchor.
    function feeOf(LeaseProgress progress, LeaseHistory history, uint256 earned) internal pure returns (uint256) {
        return Money.feeDown(earned, progress.feeBps(), history.feeRemainder());
    }

    /// @notice What the provider is due of `earned` base units since the anchor.
    function netOf(LeaseProgress progress, LeaseHistory history, uint256 earned) internal pure returns (uint256) {
        return Money.netOf(earned, progress.feeBps(), history.feeRemainder());
    }

    /// @notice What was claimed of a lease; zero where nothing was.
    function claimsOf(Lease storage lease, LeaseProgress progress) internal view returns (LeaseClaims) {
        return progress.claimed() ? lease.claims : LeaseClaims.wrap(0);
    }

    /// @notice Collateral of a lease, in millionths of a HOLD: what is reserved, and what penalties took of it.
    function collateralOf(
        Book storage book,
        LeaseId leaseId,
        Lease storage lease,
        LeaseTerms terms
    ) internal view returns (uint256) {
        return terms.changed() ? lease.history.collateralUnits() : neededOf(book, leaseId, terms);
    }

    /// @notice The part of a lease's collateral that a fault or darkness counts on, in millionths of a HOLD: all of it
    /// but for what a shrink left reserved only because a claim was open.
    function liableOf(
        Book storage book,
        LeaseId leaseId,
        Lease storage lease,
        LeaseTerms terms
    ) internal view returns (uint256) {
        uint256 collateral = collateralOf(book, leaseId, lease, terms);
        if (!terms.changed() || !lease.history.lagging()) return collateral;
        uint256 needed = neededOf(book, leaseId, terms);
        return needed < collateral ? needed : collateral;
    }

    /// @notice Collateral that the units of a lease need under its terms, in millionths of a HOLD.
    function neededOf(Book storage book, LeaseId leaseId, LeaseTerms terms) internal view returns (uint256) {
        Resources resources = book.offers[leaseId.offerOf()].traits.resources();
        return Collateral.unitsOf(book.weights[terms.termsVersion()], resources, terms.units());
    }

    /// @notice The least collateral of a lease of which penalties took `taken`: it has room for the largest service
    /// credit.
    function leastCollateral(uint256 taken) internal pure returns (uint256) {
        // taken / (1 - 1 / CREDIT_DIVISOR), rounded up
        return taken + (taken + CREDIT_DIVISOR - 2) / (CREDIT_DIVISOR - 1);
    }

    /// @notice The largest service credit for a collateral, in the collateral's unit.
    function mostCredit(uint256 collateral) internal pure returns (uint256) {
        return collateral / CREDIT_DIVISOR;
    }

    /// @notice The version of the terms whose treasury a lease pays.
    function treasuryVersionOf(Lease storage lease, LeaseTerms terms) internal view returns (uint16) {
        return terms.changed() ? lease.history.treasuryVersion() : terms.termsVersion();
    }

    /// @notice Of `dark` seconds in `lived` since a lease's start, those beyond its allowance: the outage allowance and
    /// its tolerance.
    function darkBeyond(
        Book storage book,
        LeaseTerms terms,
        uint32 outageAllowance,
        uint32 dark,
        uint32 lived
    ) internal view returns (uint256) {
        if (dark <= outageAllowance) return 0; // mostly so, and saves a read
        uint256 allowed = outageAllowance + Money.partDown(lived, book.terms[terms.termsVersion()].toleranceBps);
        return dark > allowed ? dark - allowed : 0;
    }

    /// @notice Seconds that a lease which its tenant closed after `lived` seconds is billed though it did not live
    /// them: those missing to its offer's minimum, none after a notice. No other end bills any.
    function missingSeconds(LeaseTerms terms, uint32 minimum, uint32 lived) internal pure returns (uint32) {
        return minimum > lived && !terms.noticed() ? minimum - lived : 0;
    }

    /// @notice Dark seconds of a closed lease, from its start to its end.
    /// @param minimum duration that its offer asks for, seconds.
    function darkOfClosed(
        LeaseTerms terms,
        LeaseProgress progress,
        LeaseHistory history,
        uint32 minimum
    ) internal pure returns (uint32) {
        uint32 lived = terms.duration();
        uint32 live = progress.mark(); // since the anchor
        if (progress.reason() == EndReason.ClosedByTenant) live -= missingSeconds(terms, minimum, lived);
        return history.darkBefore() + (lived - history.anchorOffset()) - live;
    }

    /// @notice Service credit for `beyond` seconds of darkness beyond the allowance: the collateral's share of the
    /// governed period, at most a quarter of it, rounded down. In the collateral's unit.
    function creditOf(uint256 collateral, uint256 beyond, uint32 creditPeriod) internal pure returns (uint256) {
        uint256 credit = (collateral * beyond) / creditPeriod;
        uint256 most = mostCredit(collateral);
        return credit < most ? credit : most;
    }

    /// @notice Price per unit-second that renewals on an offer pay now.
    function renewalPrice(Offer storage offer) internal view returns (uint128) {
        return block.timestamp < offer.raisedAt + RAISE_DELAY ? offer.priceBeforeX32 : offer.pricePerSecondX32;
    }
}
