// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Accrual} from "./Accrual.sol";
import {Collateral} from "./Collateral.sol";
import {LeaseLib} from "./LeaseLib.sol";
import {ILeases} from "../interfaces/ILeases.sol";
import {IOffers} from "../interfaces/IOffers.sol";
import {Book} from "../types/Book.sol";
import {Entry, toMovement} from "../types/Entry.sol";
import {LeaseId, OfferId} from "../types/Ids.sol";
import {Lease} from "../types/Lease.sol";
import {LeaseClaims} from "../types/LeaseClaims.sol";
import {HistoryFields, LeaseHistory, toLeaseHistory} from "../types/LeaseHistory.sol";
import {LeaseProgress} from "../types/LeaseProgress.sol";
import {LeaseTerms} from "../types/LeaseTerms.sol";
import {Offer} from "../types/OfferTypes.sol";

/// @title LeaseResizing
/// @notice Changes the units of a running lease. Linked to the market, whose storage it works on.
library LeaseResizing {
    /// @dev What a resize finds in storage, and what it computes once and needs twice.
    struct Change {
        LeaseId leaseId;
        LeaseTerms terms;
        LeaseProgress progress;
        LeaseHistory history;
        LeaseClaims claims;
        uint24 units; // from now on
        uint128 rate; // from now on
        uint32 dark; // of the provider, until now
        uint256 locked; // by the tenant, in addition, base units
        uint256 refund; // to the tenant, base units
        uint256 collateralBefore; // millionths of a HOLD
        uint256 liableBefore; // of it, what faults and darkness count on
        uint256 collateralAfter;
    }

    /// @notice See ILeases.resize.
    function resize(
        Book storage book,
        LeaseLib.Vaults calldata vaults,
        LeaseId leaseId,
        uint24 units,
        uint128 maxPricePerSecondX32,
        uint256 maxCost
    ) external {
        // Check
        Lease storage lease = book.leases[leaseId];
        Offer storage offer = book.offers[leaseId.offerOf()];
        Change memory change;
        change.leaseId = leaseId;
        (change.terms, change.progress) = (lease.terms, lease.progress);
        LeaseLib.requireTenant(leaseId, change.terms);
        LeaseLib.requireRunning(leaseId, change.terms, change.progress);
        if (units == 0 || units == change.terms.units()) revert ILeases.MarketUnitsUnchanged(leaseId, units);
        change.history = LeaseLib.historyOf(lease, change.terms);
        change.claims = LeaseLib.claimsOf(lease, change.progress);
        change.units = units;
        change.collateralBefore = LeaseLib.collateralOf(book, leaseId, lease, change.terms);
        change.liableBefore = LeaseLib.liableOf(book, leaseId, lease, change.terms);
        address provider = offer.state.provider();
        change.dark = vaults.liveness.darkSecondsUntil(provider, uint40(block.timestamp));
        bool growing = units > change.terms.units();
        if (growing) _grow(book, vaults, offer, change, maxPricePerSecondX32);
        else _shrink(offer, change);
        Accrual.Payment memory payment = Accrual.paymentOf(
            change.terms,
            change.progress,
            change.history,
            change.claims,
            change.dark
        );
        uint256 remaining = LeaseLib.endOf(change.terms, change.progress) - block.timestamp;
        (change.locked, change.refund) = Accrual.difference(payment, change.rate, remaining);
        if (change.locked > maxCost) revert ILeases.MarketCostTooHigh(leaseId, maxCost, change.locked);

        // Effect: everything earned is paid, and the present rate begins now.
        lease.history = _historyOf(lease, change, payment, growing);
        lease.terms = change.terms.withUnits(units).withChanged();
        lease.progress = change.progress.withRate(change.rate);
        if (change.progress.claimed()) lease.claims = change.claims.withoutAside();
        offer.state = offer.state.afterEnd(change.terms.units()).afterGrowth(units);
        emit ILeases.LeaseResized(
            leaseId,
            units,
            change.rate,
            payment.amount,
            payment.fee,
            change.dark,
            change.locked,
            change.refund,
            change.collateralAfter * Collateral.UNIT
        );

        // Interaction
        _adjustBond(vaults, provider, change);
        address treasury = book.terms[lease.history.treasuryVersion()].treasury;
        _settle(vaults, book.listings[change.terms.listing()].token, provider, treasury, change, payment);
    }

    // ------------------------------------------------------------------------------------------------- internal

    /// @dev Rate and collateral with more units, at the offer's present price. The added collateral counts for later
    /// darkness and faults alone. So the provider must have been seen within half the grace, and the lease be within
    /// its allowance (ATK-LSE-14).
    function _grow(
        Book storage book,
        LeaseLib.Vaults calldata vaults,
        Offer storage offer,
        Change memory change,
        uint128 maxPrice
    ) private view {
        OfferId offerId = change.leaseId.offerOf();
        if (change.terms.noticed()) revert ILeases.MarketLeaseNoticed(change.leaseId);
        if (offer.retired) revert IOffers.MarketOfferRetired(offerId);
        if (offer.quotedOnly) revert IOffers.MarketOfferQuotedOnly(offerId);
        uint24 added = change.units - change.terms.units();
        uint256 price = offer.pricePerSecondX32;
        if (price > maxPrice) revert ILeases.MarketPriceTooHigh(offerId, maxPrice, price);
        uint24 left = offer.state.unitsLeft();
        if (added > left) revert ILeases.MarketCapacityShort(offerId, left, added);
        uint256 rate = change.progress.rate() + price * added;
        if (rate > type(uint128).max) revert ILeases.MarketRateTooLarge(change.leaseId, rate, type(uint128).max);
        address provider = offer.state.provider();
        if (!vaults.liveness.isFresh(provider)) revert ILeases.MarketProviderStale(provider);
        uint32 dark = change.dark - change.progress.mark();
        uint32 lived = uint32(block.timestamp - change.progress.since()); // before the end
        uint256 beyond = LeaseLib.darkBeyond(book, change.terms, vaults.outageAllowance, dark, lived);
        if (beyond != 0) revert ILeases.MarketBeyondAllowance(change.leaseId, dark, dark - beyond);
        change.rate = uint128(rate); // checked above
        // What a shrink left reserved is used first: growing and shrinking in turns reserves nothing more (ATK-LSE-16).
        change.collateralAfter =
            change.liableBefore +
            Collateral.unitsOf(book.weights[change.terms.termsVersion()], offer.traits.resources(), added);
        if (change.collateralAfter < change.collateralBefore) change.collateralAfter = change.collateralBefore;
    }

    /// @dev Rate and collateral with fewer units: their share, the rate rounded down, the collateral up. A lease does
    /// not shrink before its minimum has passed, so that nobody avoids a minimum (ATK-LSE-13). It does not shrink in
    /// the second in which it grew, so that nobody occupies capacity around another's opening for nothing (ATK-LSE-16).
    /// While a claim is open the collateral stays. It is never less than what penalties took and the service credit may
    /// need.
    function _shrink(Offer storage offer, Change memory change) private view {
        uint256 from = uint256(change.progress.since()) + offer.traits.minDuration();
        uint256 grownAt = change.terms.changed() ? Accrual.grownAt(change.progress, change.history) : 0;
        if (grownAt + 1 > from) from = grownAt + 1;
        if (block.timestamp < from) {
            revert ILeases.MarketTooEarlyToShrink(change.leaseId, from, block.timestamp);
        }
        (uint256 before, uint256 kept) = (change.terms.units(), change.units);
        change.rate = uint128((uint256(change.progress.rate()) * kept) / before); // less than the rate
        change.collateralAfter = change.collateralBefore;
        if (change.claims.open() != 0) return;
        uint256 part = (change.collateralBefore * kept + before - 1) / before;
        uint256 least = LeaseLib.leastCollateral(change.claims.taken());
        if (part < least) part = least;
        if (part < change.collateralBefore) change.collateralAfter = part;
    }

    /// @dev The lease's history from now on. A shrink that left the collateral as it is, because a claim is open, sets
    /// `lagging`.
    function _historyOf(
        Lease storage lease,
        Change memory change,
        Accrual.Payment memory payment,
        bool growing
    ) private view returns (LeaseHistory) {
        HistoryFields memory fields = Accrual.fieldsOf(
            payment,
            change.progress,
            change.history,
            change.terms.changed(),
            change.dark
        );
        fields.collateral = change.collateralAfter;
        fields.treasuryVersion = LeaseLib.treasuryVersionOf(lease, change.terms);
        if (growing) Accrual.grow(fields, change.liableBefore);
        else if (change.claims.open() != 0) fields.lagging = true;
        return toLeaseHistory(fields);
    }

    /// @dev Reserves or releases the difference of the collateral.
    function _adjustBond(LeaseLib.Vaults calldata vaults, address provider, Change memory change) private {
        (uint256 before, uint256 after_) = (change.collateralBefore, change.collateralAfter);
        if (after_ < before) vaults.staking.release(provider, (before - after_) * Collateral.UNIT);
        if (after_ <= before) return;
        uint256 added = (after_ - before) * Collateral.UNIT;
        if (vaults.staking.tryReserve(provider, added)) return;
        revert ILeases.MarketBondShort(provider, vaults.staking.poolOf(address(this), provider).free, added);
    }

    /// @dev Locks more of the tenant, who is the caller, or returns what is too much, and pays provider and treasury.
    function _settle(
        LeaseLib.Vaults calldata vaults,
        address token,
        address provider,
        address treasury,
        Change memory change,
        Accrual.Payment memory payment
    ) private {
        if (change.locked != 0) vaults.escrow.lock(token, msg.sender, change.locked);
        uint256 paid = payment.amount + payment.fee;
        if (change.refund + paid == 0) return;
        Entry[] memory lines = new Entry[](payment.fee == 0 ? 2 : 3);
        lines[0] = Entry(msg.sender, toMovement(change.refund + paid, change.refund));
        lines[1] = Entry(provider, toMovement(0, payment.amount));
        if (payment.fee != 0) lines[2] = Entry(treasury, toMovement(0, payment.fee));
        vaults.escrow.settle(token, lines);
    }
}
