// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {Collateral} from "./Collateral.sol";
import {LeaseLib} from "./LeaseLib.sol";
import {Money} from "./Money.sol";
import {ILeases} from "../interfaces/ILeases.sol";
import {IOffers} from "../interfaces/IOffers.sol";
import {Book} from "../types/Book.sol";
import {Entry, toMovement} from "../types/Entry.sol";
import {LeaseId, OfferId} from "../types/Ids.sol";
import {Lease} from "../types/Lease.sol";
import {LeaseClaims} from "../types/LeaseClaims.sol";
import {LeaseHistory, toLeaseHistory} from "../types/LeaseHistory.sol";
import {LeaseProgress} from "../types/LeaseProgress.sol";
import {LeaseTerms} from "../types/LeaseTerms.sol";
import {Offer} from "../types/OfferTypes.sol";

/// @title LeaseResizing
/// @notice Changes the units of a running lease. Linked to the market, whose storage it works on.
/// @dev A lease that earned 2^120 base units, more than any lock holds, has no room for that in its history: resizing it
/// reverts with SafeCastOverflowedUintDowncast, and everything else goes on.
library LeaseResizing {
    /// @dev What a resize computes once and needs twice.
    struct Change {
        uint24 units;
        uint128 rate;
        uint32 dark; // of the provider, until now
        uint256 earned; // until now, since the accumulator started, base units
        uint256 amount; // to the provider now, base units
        uint256 locked; // by the tenant, in addition, base units
        uint256 refund; // to the tenant, base units
        uint256 collateralBefore; // millionths of a HOLD
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
        (LeaseTerms terms, LeaseProgress progress) = (lease.terms, lease.progress);
        LeaseLib.requireTenant(leaseId, terms);
        LeaseLib.requireRunning(leaseId, terms, progress);
        if (units == 0 || units == terms.units()) revert ILeases.MarketUnitsUnchanged(leaseId, units);
        Offer storage offer = book.offers[leaseId.offerOf()];
        Change memory change;
        change.units = units;
        change.collateralBefore = LeaseLib.collateralOf(book, leaseId, lease, terms);
        if (units > terms.units()) _grow(book, leaseId, offer, terms, progress, change, maxPricePerSecondX32);
        else _shrink(leaseId, offer, terms, progress, LeaseLib.claimsOf(lease, progress), change);
        address provider = offer.state.provider();
        change.dark = vaults.liveness.darkSecondsUntil(provider, uint40(block.timestamp));
        _account(lease, terms, progress, change);
        if (change.locked > maxCost) revert ILeases.MarketCostTooHigh(leaseId, maxCost, change.locked);

        // Effect: what was earned becomes an integer, and the present rate begins now.
        lease.history = toLeaseHistory(
            SafeCast.toUint120(change.earned),
            uint32(block.timestamp - progress.since()), // before the end
            change.dark - progress.mark(),
            change.collateralAfter,
            LeaseLib.treasuryVersionOf(lease, terms)
        );
        lease.terms = terms.withUnits(units).withChanged();
        lease.progress = progress.withRate(change.rate);
        offer.state = offer.state.afterEnd(terms.units()).afterGrowth(units);
        emit ILeases.LeaseResized(
            leaseId,
            units,
            change.rate,
            change.earned,
            change.amount,
            change.dark,
            change.locked,
            change.refund,
            change.collateralAfter * Collateral.UNIT
        );

        // Interaction
        _adjustBond(vaults, provider, change);
        _settle(vaults, book.listings[terms.listing()].token, provider, change);
    }

    // ------------------------------------------------------------------------------------------------- internal

    /// @dev Rate and collateral with more units, at the offer's present price.
    function _grow(
        Book storage book,
        LeaseId leaseId,
        Offer storage offer,
        LeaseTerms terms,
        LeaseProgress progress,
        Change memory change,
        uint128 maxPrice
    ) private view {
        OfferId offerId = leaseId.offerOf();
        if (terms.noticed()) revert ILeases.MarketLeaseNoticed(leaseId);
        if (offer.retired) revert IOffers.MarketOfferRetired(offerId);
        if (offer.quotedOnly) revert IOffers.MarketOfferQuotedOnly(offerId);
        uint24 added = change.units - terms.units();
        uint128 price = offer.pricePerSecondX32;
        if (price > maxPrice) revert ILeases.MarketPriceTooHigh(offerId, maxPrice, price);
        uint24 left = offer.state.unitsLeft();
        if (added > left) revert ILeases.MarketCapacityShort(offerId, left, added);
        change.rate = progress.rate() + price * added;
        change.collateralAfter =
            change.collateralBefore +
            Collateral.unitsOf(book.weights[terms.termsVersion()], offer.traits.resources(), added);
    }

    /// @dev Rate and collateral with fewer units: their share, the rate rounded down, the collateral up. Before the minimum
    /// has passed none is given back, so that nobody sheds a minimum (ATK-LSE-13). While a claim is open the collateral
    /// stays, and never is it less than what penalties took.
    function _shrink(
        LeaseId leaseId,
        Offer storage offer,
        LeaseTerms terms,
        LeaseProgress progress,
        LeaseClaims claims,
        Change memory change
    ) private view {
        uint256 from = uint256(progress.since()) + offer.traits.minDuration();
        if (block.timestamp < from) revert ILeases.MarketTooEarlyToShrink(leaseId, from, block.timestamp);
        (uint256 before, uint256 kept) = (terms.units(), change.units);
        change.rate = uint128((uint256(progress.rate()) * kept) / before); // less than the rate
        change.collateralAfter = change.collateralBefore;
        if (claims.open() != 0) return;
        uint256 part = (change.collateralBefore * kept + before - 1) / before;
        change.collateralAfter = part > claims.taken() ? part : claims.taken();
    }

    /// @dev What was earned until now, what of it is paid now, and how the lock changes.
    function _account(
        Lease storage lease,
        LeaseTerms terms,
        LeaseProgress progress,
        Change memory change
    ) private view {
        uint40 now_ = uint40(block.timestamp);
        LeaseHistory history = LeaseLib.historyOf(lease, terms);
        uint32 live = LeaseLib.liveSeconds(progress, history, now_, change.dark);
        change.earned = LeaseLib.earnedOf(progress, history, live);
        change.amount = Money.netOf(change.earned, progress.feeBps()) - LeaseLib.paidOf(progress, history);
        uint256 before = history.earnedBefore() + LeaseLib.costFromAnchor(terms, progress, history);
        uint256 left = LeaseLib.endOf(terms, progress) - now_;
        uint256 needed = change.earned + Money.costUp(change.rate, uint32(left)); // part of the duration
        if (needed > before) change.locked = needed - before;
        else change.refund = before - needed;
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

    /// @dev Locks more of the tenant, who is the caller, or returns what is too much, and pays the provider.
    function _settle(LeaseLib.Vaults calldata vaults, address token, address provider, Change memory change) private {
        if (change.locked != 0) vaults.escrow.lock(token, msg.sender, change.locked);
        if (change.refund + change.amount == 0) return;
        Entry[] memory lines = new Entry[](2);
        lines[0] = Entry(msg.sender, toMovement(change.refund + change.amount, change.refund));
        lines[1] = Entry(provider, toMovement(0, change.amount));
        vaults.escrow.settle(token, lines);
    }
}
