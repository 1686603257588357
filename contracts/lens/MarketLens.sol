// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IEscrow} from "../interfaces/IEscrow.sol";
import {IMarket} from "../interfaces/IMarket.sol";
import {IMarketLens} from "../interfaces/IMarketLens.sol";
import {Accrual} from "../libraries/Accrual.sol";
import {ClaimTail} from "../libraries/ClaimTail.sol";
import {Collateral} from "../libraries/Collateral.sol";
import {Governed} from "../libraries/Governed.sol";
import {LeaseCancellation} from "../libraries/LeaseCancellation.sol";
import {LeaseLib} from "../libraries/LeaseLib.sol";
import {LeaseRepricing} from "../libraries/LeaseRepricing.sol";
import {Matching} from "../libraries/Matching.sol";
import {Money} from "../libraries/Money.sol";
import {OfferChanges} from "../libraries/OfferChanges.sol";
import {LeaseId, OfferId, toLeaseId} from "../types/Ids.sol";
import {Lease} from "../types/Lease.sol";
import {LeaseHistory} from "../types/LeaseHistory.sol";
import {LeaseProgress} from "../types/LeaseProgress.sol";
import {LeaseTerms} from "../types/LeaseTerms.sol";
import {LeaseStatus} from "../types/LeaseTypes.sol";
import {OfferTraits} from "../types/OfferTraits.sol";
import {Candidate, MisfitReason, Offer, Order} from "../types/OfferTypes.sol";
import {Listing, PackedWeights, Terms, TokenTerms} from "../types/Parameters.sol";
import {Resources} from "../types/Resources.sol";

/// @title MarketLens
/// @notice The manual is IMarketLens.
/// @dev Sums are computed by the same libraries that the market settles with.
contract MarketLens is IMarketLens {
    IMarket private immutable _MARKET;

    /// @notice Reads one market.
    /// @param market the market that is read.
    constructor(address market) {
        _MARKET = IMarket(market);
    }

    /// @inheritdoc IMarketLens
    function MARKET() external view returns (IMarket) {
        return _MARKET;
    }

    /// @inheritdoc IMarketLens
    function leaseView(LeaseId leaseId) external view returns (LeaseView memory) {
        return _leaseView(leaseId);
    }

    /// @inheritdoc IMarketLens
    function leaseViews(LeaseId[] calldata leaseIds) external view returns (LeaseView[] memory views) {
        views = new LeaseView[](leaseIds.length);
        for (uint256 i = 0; i < leaseIds.length; ++i) views[i] = _leaseView(leaseIds[i]);
    }

    /// @inheritdoc IMarketLens
    function offerViews(uint64 from, uint256 limit) external view returns (OfferView[] memory views) {
        uint256 first = from == 0 ? 1 : from;
        uint256 count = _MARKET.offerCount();
        uint256 length = first > count ? 0 : count - first + 1;
        if (length > limit) length = limit;
        views = new OfferView[](length);
        for (uint256 i = 0; i < length; ++i) views[i] = _offerView(OfferId.wrap(uint64(first + i)));
    }

    /// @inheritdoc IMarketLens
    function quote(Order calldata order) external view returns (Quote[] memory quotes) {
        TokenTerms memory token = _MARKET.tokenTermsOf(order.token);
        PackedWeights weights = _MARKET.weightsOf(_MARKET.currentTermsVersion());
        quotes = new Quote[](order.candidates.length);
        for (uint256 i = 0; i < quotes.length; ++i) quotes[i] = _quote(order, order.candidates[i], token, weights);
    }

    /// @inheritdoc IMarketLens
    function constants() external pure returns (Constants memory) {
        return
            Constants({
                minClaimTail: ClaimTail.MIN_TAIL,
                maxClaimTail: ClaimTail.MAX_TAIL,
                claimLife: ClaimTail.CLAIM_LIFE,
                maxFaultAge: Accrual.MAX_FAULT_AGE,
                renewalWindow: LeaseLib.RENEWAL_WINDOW,
                failOverDivisor: LeaseRepricing.WINDOW_DIVISOR,
                raiseDelay: LeaseLib.RAISE_DELAY,
                creditDivisor: LeaseLib.CREDIT_DIVISOR,
                declineDivisor: LeaseCancellation.DECLINE_DIVISOR,
                maxMinDuration: OfferChanges.MAX_MIN_DURATION,
                maxFeeBps: Governed.MAX_FEE_BPS,
                maxToleranceBps: Governed.MAX_TOLERANCE_BPS,
                maxNoShowBps: Governed.MAX_NO_SHOW_BPS,
                minNotice: Governed.MIN_NOTICE,
                maxNotice: Governed.MAX_NOTICE,
                minActivationWindow: Governed.MIN_ACTIVATION_WINDOW,
                maxActivationWindow: Governed.MAX_ACTIVATION_WINDOW,
                minCreditPeriod: Governed.MIN_CREDIT_PERIOD,
                maxCreditPeriod: Governed.MAX_CREDIT_PERIOD,
                maxPause: Governed.MAX_PAUSE
            });
    }

    /// @inheritdoc IMarketLens
    function fundsOf(address token, address account) external view returns (Funds memory) {
        IEscrow escrow = _MARKET.ESCROW();
        IEscrow.ModuleAccount memory held = escrow.moduleAccount(address(_MARKET), token, account);
        return Funds({free: escrow.freeOf(token, account), locked: held.locked, ceiling: held.ceiling});
    }

    /// @inheritdoc IMarketLens
    function leasesOfTenant(
        address tenant,
        LeaseId from,
        uint256 scan
    ) external view returns (LeaseId[] memory leaseIds, LeaseId next) {
        LeaseId[] memory page;
        (page, next) = _page(from, scan);
        uint256 found;
        for (uint256 i = 0; i < page.length; ++i) {
            if (_MARKET.leaseById(page[i]).terms.tenant() == tenant) page[found++] = page[i];
        }
        leaseIds = new LeaseId[](found);
        for (uint256 i = 0; i < found; ++i) leaseIds[i] = page[i];
    }

    /// @inheritdoc IMarketLens
    function dueLeases(LeaseId from, uint256 scan) external view returns (DueLease[] memory due, LeaseId next) {
        LeaseId[] memory page;
        (page, next) = _page(from, scan);
        DueLease[] memory room = new DueLease[](page.length);
        uint256 found;
        for (uint256 i = 0; i < page.length; ++i) {
            (bool isDue, DueLease memory item) = _due(page[i]);
            if (isDue) room[found++] = item;
        }
        due = new DueLease[](found);
        for (uint256 i = 0; i < found; ++i) due[i] = room[i];
    }

    // ------------------------------------------------------------------------------------------------- internal

    /// @dev Up to `scan` leases from `from` on, in the order of offers and of leases under them, and the one after
    /// them. An offer without leases counts as one look, so that a page is bounded by what it costs.
    function _page(LeaseId from, uint256 scan) private view returns (LeaseId[] memory leaseIds, LeaseId next) {
        uint64 offers = _MARKET.offerCount();
        uint64 offer = OfferId.unwrap(from.offerOf());
        uint32 index = from.indexOf();
        if (offer == 0) (offer, index) = (1, 1);

        LeaseId[] memory room = new LeaseId[](scan);
        uint256 found;
        for (uint256 looks = 0; looks < scan && offer <= offers;) {
            uint32 count = _MARKET.offerById(OfferId.wrap(offer)).state.leaseCount();
            for (; index <= count && looks < scan; ++looks) {
                room[found++] = toLeaseId(OfferId.wrap(offer), index++);
            }
            if (index > count) {
                if (count == 0) ++looks;
                (offer, index) = (offer + 1, 1);
            }
        }
        if (offer <= offers) next = toLeaseId(OfferId.wrap(offer), index);
        leaseIds = new LeaseId[](found);
        for (uint256 i = 0; i < found; ++i) leaseIds[i] = room[i];
    }

    function _due(LeaseId leaseId) private view returns (bool isDue, DueLease memory item) {
        Lease memory lease = _MARKET.leaseById(leaseId);
        LeaseStatus status = lease.progress.status();
        if (status == LeaseStatus.Active) {
            item.duty = Duty.Expire;
            item.dueSince = uint256(lease.progress.since()) + lease.terms.duration();
        } else if (status == LeaseStatus.Pending) {
            item.duty = Duty.CancelNoShow;
            item.dueSince = uint256(lease.progress.since()) + lease.progress.mark() + _MARKET.OUTAGE_ALLOWANCE();
        } else {
            return (false, item);
        }
        if (block.timestamp < item.dueSince) return (false, item);
        Listing memory listing = _MARKET.listingOf(lease.terms.listing());
        item.leaseId = leaseId;
        item.token = listing.token;
        item.bounty = listing.bounty;
        return (true, item);
    }

    function _offerView(OfferId offerId) private view returns (OfferView memory result) {
        Offer memory offer = _MARKET.offerById(offerId);
        result.offerId = offerId;
        result.provider = offer.state.provider();
        result.token = _MARKET.tokenByNumber(offer.state.tokenNumber());
        result.pricePerSecondX32 = offer.pricePerSecondX32;
        result.resources = offer.traits.resources();
        result.minDuration = offer.traits.minDuration();
        result.maxDuration = offer.traits.maxDuration();
        result.capacity = offer.state.capacity();
        result.used = offer.state.used();
        result.unitsLeft = offer.state.unitsLeft();
        result.leaseCount = offer.state.leaseCount();
        result.retired = offer.retired;
        result.quotedOnly = offer.quotedOnly;
        result.renewalPriceX32 = _MARKET.renewalPriceOf(offerId);
        result.live = _MARKET.LIVENESS().isLive(result.provider);
        result.fresh = _MARKET.LIVENESS().isFresh(result.provider);
        result.slasher = offer.slasher;
        result.contentHash = offer.contentHash;
        result.freeBond = _freeBond(result.provider);
        result.collateralPerUnit = Collateral.amountOf(
            _MARKET.weightsOf(_MARKET.currentTermsVersion()),
            result.resources,
            1
        );
    }

    function _quote(
        Order calldata order,
        Candidate calldata candidate,
        TokenTerms memory token,
        PackedWeights weights
    ) private view returns (Quote memory result) {
        Offer memory offer = _MARKET.offerById(candidate.offer);
        Matching.Fit memory fit;
        Matching.fit(
            Matching.OfferFacts(
                offer.state,
                offer.traits,
                offer.pricePerSecondX32,
                Matching.closedBy(offer.retired, offer.quotedOnly)
            ),
            candidate,
            order,
            token,
            weights,
            order.maxLock,
            fit
        );
        result.offerId = candidate.offer;
        if (!token.listed) {
            result.reason = MisfitReason.TokenNotListed;
            return result;
        }
        result.reason = fit.reason;
        result.available = fit.available;
        result.required = fit.required;
        if (fit.reason != MisfitReason.None) return result;

        result.ratePerSecondX32 = fit.ratePerSecondX32;
        result.locked = fit.locked;
        result.bounty = token.bounty;
        result.collateral = fit.collateral;
        address provider = offer.state.provider();
        uint256 freeBond = _freeBond(provider);
        if (!_MARKET.LIVENESS().isFresh(provider)) {
            result.reason = MisfitReason.ProviderStale;
        } else if (fit.collateral > freeBond) {
            result.reason = MisfitReason.BondShort;
            result.available = freeBond;
            result.required = fit.collateral;
        }
    }

    function _leaseView(LeaseId leaseId) private view returns (LeaseView memory result) {
        Lease memory lease = _MARKET.leaseById(leaseId);
        LeaseProgress progress = lease.progress;
        result.status = progress.status();
        if (result.status == LeaseStatus.None) return result;

        Offer memory offer = _MARKET.offerById(leaseId.offerOf());
        Listing memory listing = _MARKET.listingOf(lease.terms.listing());
        result.leaseId = leaseId;
        result.reason = progress.reason();
        result.tenant = lease.terms.tenant();
        result.provider = offer.state.provider();
        result.token = listing.token;
        result.units = lease.terms.units();
        result.termsVersion = lease.terms.termsVersion();
        result.listing = lease.terms.listing();
        result.feeBps = progress.feeBps();
        result.ratePerSecondX32 = progress.rate();
        result.duration = lease.terms.duration();
        result.paidSeconds = progress.paidSeconds();
        result.bounty = listing.bounty;
        result.settled = progress.settled();
        LeaseHistory history = lease.terms.changed() ? lease.history : LeaseHistory.wrap(0);
        if (result.status != LeaseStatus.Cancelled && result.status != LeaseStatus.Released) {
            PackedWeights weights = _MARKET.weightsOf(result.termsVersion);
            result.collateral =
                lease.terms.changed()
                    ? history.collateralUnits() * Collateral.UNIT
                    : Collateral.amountOf(weights, offer.traits.resources(), result.units);
            result.collateral -= lease.claims.taken() * Collateral.UNIT;
            result.lagging = history.lagging();
            if (lease.terms.changed()) {
                result.grownAt = Accrual.grownAt(progress, history);
                if (result.grownAt != 0) result.grownFrom = history.grownFrom() * Collateral.UNIT;
            }
        }
        result.penalised = lease.claims.taken() * Collateral.UNIT;
        result.openClaims = lease.claims.open();
        result.punished = lease.claims.punished() * Collateral.UNIT;
        if (lease.claims.cover() != 0) result.coveredUntil = uint256(progress.since()) + lease.claims.cover();
        result.noticed = lease.terms.noticed();
        result.transfers = lease.terms.transfers();
        result.recipient = _MARKET.recipientOf(leaseId);
        if (result.status == LeaseStatus.Pending) {
            result.openedAt = progress.since();
            result.deadline = result.openedAt + progress.mark();
            result.cutoff = result.deadline + _MARKET.OUTAGE_ALLOWANCE();
            result.locked = Money.costUp(result.ratePerSecondX32, lease.terms.duration(), 0) + result.bounty;
        } else if (result.status != LeaseStatus.Cancelled) {
            _addEarnings(result, lease, history, offer.traits);
        }
    }

    /// @dev What an activated lease earned and what is still in it.
    function _addEarnings(
        LeaseView memory result,
        Lease memory lease,
        LeaseHistory history,
        OfferTraits traits
    ) private view {
        (LeaseTerms terms, LeaseProgress progress) = (lease.terms, lease.progress);
        bool active = result.status == LeaseStatus.Active;
        result.startedAt = progress.since();
        result.end = LeaseLib.endOf(terms, progress);
        result.anchor = result.startedAt + history.anchorOffset();
        result.fraction = history.fraction();
        result.feeRemainder = history.feeRemainder();
        if (active) {
            uint256 instant = block.timestamp < result.end ? block.timestamp : result.end;
            uint32 dark = _MARKET.LIVENESS().darkSecondsUntil(result.provider, uint40(instant));
            result.darkSeconds = dark - progress.mark();
            result.billedSeconds = LeaseLib.liveSeconds(progress, history, uint40(instant), dark);
            result.remaining = result.end - instant;
        } else {
            result.darkSeconds = LeaseLib.darkOfClosed(terms, progress, history, traits.minDuration());
            result.billedSeconds = progress.mark();
            result.releasableAt = ClaimTail.endsAt(progress.since(), terms.duration());
            if (!result.settled) result.creditDue = _creditDue(result, traits.resources());
        }
        uint256 paid = LeaseLib.paidOf(progress, history);
        uint256 gone = paid + lease.claims.aside();
        result.earned = LeaseLib.earnedOf(progress, history, uint32(result.billedSeconds)); // part of the duration
        result.collectable = LeaseLib.netOf(progress, history, result.earned) - paid;
        if (active) {
            uint256 cost = LeaseLib.costFromAnchor(terms, progress, history);
            result.locked = cost + result.bounty - gone;
        } else if (!result.settled) {
            result.locked = result.earned - gone;
        }
    }

    /// @dev Service credit of a closed lease that was not collected yet. `resources` are those of one unit of its
    /// offer.
    function _creditDue(LeaseView memory result, Resources resources) private view returns (uint256) {
        Terms memory terms = _MARKET.termsOf(result.termsVersion);
        uint256 allowed = _MARKET.OUTAGE_ALLOWANCE() + Money.partDown(result.duration, terms.toleranceBps);
        if (result.darkSeconds <= allowed) return 0;
        uint256 units = (result.collateral + result.penalised) / Collateral.UNIT;
        if (result.lagging) {
            uint256 needed = Collateral.unitsOf(_MARKET.weightsOf(result.termsVersion), resources, result.units);
            if (needed < units) units = needed;
        }
        uint256 credit = LeaseLib.creditOf(units, result.darkSeconds - allowed, terms.creditPeriod) * Collateral.UNIT;
        return credit < result.collateral ? credit : result.collateral;
    }

    function _freeBond(address provider) private view returns (uint256) {
        return _MARKET.STAKING().poolOf(address(_MARKET), provider).free;
    }
}
