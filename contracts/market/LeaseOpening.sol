// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IEscrow} from "../interfaces/IEscrow.sol";
import {ILeases} from "../interfaces/ILeases.sol";
import {IMarketHooks} from "../interfaces/IMarketHooks.sol";
import {LeaseRepricing} from "../libraries/LeaseRepricing.sol";
import {Matching} from "../libraries/Matching.sol";
import {Current} from "../types/Book.sol";
import {LeaseId, OfferId, toLeaseId} from "../types/Ids.sol";
import {Lease} from "../types/Lease.sol";
import {toPendingLease} from "../types/LeaseProgress.sol";
import {toLeaseTerms} from "../types/LeaseTerms.sol";
import {OfferState} from "../types/OfferState.sol";
import {Candidate, Misfit, MisfitReason, Offer, Order} from "../types/OfferTypes.sol";
import {PackedWeights, TokenTerms} from "../types/Parameters.sol";
import {LeaseRenewals} from "./LeaseRenewals.sol";

/// @title LeaseOpening
/// @notice Opening leases: on the first candidates that fit, fully funded.
abstract contract LeaseOpening is LeaseRenewals {
    /// @dev What the replicas of an order share.
    struct Opening {
        address tenant;
        bool quoted; // each candidate's highest price is the price
        uint256 left; // of the highest lock, after the replicas opened so far, base units
        uint24 units;
        uint32 duration; // seconds
        uint256 replicas;
        uint256[] taken; // their providers and regions: address | region << 160; none where there is one replica
        Current current;
        TokenTerms token;
        PackedWeights weights;
    }

    /// @inheritdoc ILeases
    function open(Order calldata order) external returns (LeaseId[] memory leaseIds) {
        return _open(msg.sender, order, order.maxLock);
    }

    /// @inheritdoc ILeases
    function openFunded(
        Order calldata order,
        IEscrow.Funding calldata funding,
        bytes calldata signature,
        IEscrow.Permit calldata permit
    ) external returns (LeaseId[] memory leaseIds) {
        if (funding.account != msg.sender) revert MarketNotFundingAccount(funding.account, msg.sender);
        _ESCROW.fundBySignature(funding, signature, permit);
        return _open(msg.sender, order, order.maxLock);
    }

    /// @inheritdoc IMarketHooks
    function openQuoted(address tenant, Order calldata order) external returns (LeaseId leaseId) {
        _requireQuotes();
        return _open(tenant, order, order.maxLock)[0];
    }

    /// @inheritdoc IMarketHooks
    function failOver(
        LeaseId from,
        Order calldata order,
        uint256 maxBounty,
        address caller
    ) external returns (LeaseId leaseId) {
        _requireOrders();
        (address tenant, uint256 affordable) = LeaseRepricing.startFailOver(
            _book,
            _vaults(),
            from,
            order.token,
            order.duration,
            maxBounty,
            caller
        );
        // What the tenant cannot pay is passed over like anything else that does not fit.
        return _open(tenant, order, affordable < order.maxLock ? affordable : order.maxLock)[0];
    }

    // ------------------------------------------------------------------------------------------------- internal

    /// @dev Every contract that is called from here is one of the vaults, and none of them calls anybody back.
    /// At most `maxLock` base units are locked for all replicas together.
    function _open(address tenant, Order calldata order, uint256 maxLock) private returns (LeaseId[] memory leaseIds) {
        // Check
        Current memory current = _book.current;
        uint40 until = current.pausedUntil;
        if (block.timestamp < until) revert MarketPaused(until, block.timestamp);
        (uint24 units, uint32 duration, uint256 replicas) = (order.units, order.duration, order.replicas);
        Candidate[] calldata candidates = order.candidates;
        if (units == 0 || duration == 0 || candidates.length == 0 || replicas == 0) {
            revert MarketEmptyOrder(units, duration, candidates.length, replicas);
        }
        TokenTerms memory token = _book.tokenTerms[order.token];
        if (!token.listed) revert MarketTokenNotListed(order.token);
        uint256[] memory taken;
        if (replicas > 1) taken = new uint256[](replicas);
        Opening memory opening = Opening({
            tenant: tenant,
            quoted: msg.sender == _QUOTES,
            units: units,
            duration: duration,
            replicas: replicas,
            left: maxLock,
            taken: taken,
            current: current,
            token: token,
            weights: _book.weights[current.termsVersion]
        });

        // Effect: a candidate that does not fit costs a look, not the transaction; where too few fit, the error says
        // why.
        leaseIds = new LeaseId[](replicas);
        Misfit[] memory misfits;
        uint256 opened;
        for (uint256 i = 0; opened < replicas; ++i) {
            if (i == candidates.length) _revertWithout(misfits, i - opened);
            OfferId offerId = candidates[i].offer;
            OfferState state = _book.offers[offerId].state;
            Matching.Fit memory fit;
            _fit(order, candidates[i], opening, opened, state, fit);
            if (fit.reason == MisfitReason.None) {
                leaseIds[opened++] = _record(opening, offerId, state, fit);
            } else {
                if (i == opened) misfits = new Misfit[](candidates.length);
                misfits[i - opened] = Misfit(offerId, fit.reason, fit.available, fit.required);
            }
        }

        // Interaction
        _ESCROW.lock(order.token, tenant, maxLock - opening.left);
    }

    /// @dev Says in `fit` whether a candidate serves one more replica; where it does, its collateral is reserved.
    function _fit(
        Order calldata order,
        Candidate calldata candidate,
        Opening memory opening,
        uint256 opened,
        OfferState state,
        Matching.Fit memory fit
    ) private {
        Offer storage offer = _book.offers[candidate.offer];
        Matching.OfferFacts memory facts = Matching.OfferFacts({
            state: state,
            traits: offer.traits,
            pricePerSecondX32: opening.quoted ? candidate.maxPricePerSecondX32 : offer.pricePerSecondX32,
            closedBy: Matching.closedBy(offer.retired, offer.quotedOnly && !opening.quoted)
        });
        Matching.fit(facts, candidate, order, opening.token, opening.weights, opening.left, fit);
        if (fit.reason != MisfitReason.None) return;

        address provider = state.provider();
        if (opening.replicas > 1) {
            _keepApart(opening.taken, opened, order.distinctRegions, fit, provider, facts.traits.resources().region());
            if (fit.reason != MisfitReason.None) return;
        }
        if (!_LIVENESS.isFresh(provider)) {
            fit.reason = MisfitReason.ProviderStale;
        } else if (!_STAKING.tryReserve(provider, fit.collateral)) {
            fit.reason = MisfitReason.BondShort;
            fit.available = _STAKING.poolOf(address(this), provider).free;
            fit.required = fit.collateral;
        }
    }

    /// @dev Notes in `fit` where a provider or, if asked, a region serves another replica already.
    function _keepApart(
        uint256[] memory taken,
        uint256 opened,
        bool distinctRegions,
        Matching.Fit memory fit,
        address provider,
        uint16 region
    ) private pure {
        bool sameRegion = distinctRegions && region == 0;
        for (uint256 i = 0; i < opened; ++i) {
            if (address(uint160(taken[i])) == provider) fit.reason = MisfitReason.SameProvider;
            if (distinctRegions && taken[i] >> 160 == region) sameRegion = true;
        }
        if (fit.reason == MisfitReason.None && sameRegion) {
            fit.reason = MisfitReason.SameRegion;
            fit.available = region;
        }
        taken[opened] = uint160(provider) | (uint256(region) << 160);
    }

    /// @dev Writes one lease into the book.
    function _record(
        Opening memory opening,
        OfferId offerId,
        OfferState state,
        Matching.Fit memory fit
    ) private returns (LeaseId leaseId) {
        uint32 index;
        (_book.offers[offerId].state, index) = state.afterOpening(opening.units);
        leaseId = toLeaseId(offerId, index);
        Lease storage lease = _book.leases[leaseId];
        lease.terms = toLeaseTerms(
            opening.tenant,
            opening.duration,
            opening.units,
            opening.current.termsVersion,
            opening.token.listing
        );
        lease.progress = toPendingLease(
            fit.ratePerSecondX32,
            uint40(block.timestamp),
            opening.current.activationWindow,
            opening.current.feeBps
        );
        // Not more than is left, or it would not fit.
        unchecked {
            opening.left -= fit.locked;
        }
        emit LeaseOpened(
            leaseId,
            opening.tenant,
            state.provider(),
            opening.units,
            opening.duration,
            fit.ratePerSecondX32,
            fit.locked,
            fit.collateral,
            opening.current.termsVersion,
            opening.token.listing
        );
    }

    /// @dev Says for each candidate that was refused why it was.
    function _revertWithout(Misfit[] memory misfits, uint256 refused) private pure {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            mstore(misfits, refused)
        }
        revert MarketNoOfferFits(misfits);
    }
}
