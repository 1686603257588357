// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IEscrow} from "../interfaces/IEscrow.sol";
import {ILeases} from "../interfaces/ILeases.sol";
import {Matching} from "../libraries/Matching.sol";
import {LeaseId, OfferId, toLeaseId} from "../types/Ids.sol";
import {Lease} from "../types/Lease.sol";
import {toPendingLease} from "../types/LeaseProgress.sol";
import {toLeaseTerms} from "../types/LeaseTerms.sol";
import {OfferState} from "../types/OfferState.sol";
import {Candidate, Misfit, MisfitReason, Offer, Order} from "../types/OfferTypes.sol";
import {PackedWeights, TokenTerms} from "../types/Parameters.sol";
import {LeaseBook} from "./LeaseBook.sol";

/// @title LeaseOpening
/// @notice Opening leases: on the first candidate that fits, fully funded.
abstract contract LeaseOpening is LeaseBook {
    /// @inheritdoc ILeases
    function open(Order calldata order) external returns (LeaseId leaseId) {
        return _open(order);
    }

    /// @inheritdoc ILeases
    function openFunded(
        Order calldata order,
        IEscrow.Funding calldata funding,
        bytes calldata signature,
        IEscrow.Permit calldata permit
    ) external returns (LeaseId leaseId) {
        if (funding.account != msg.sender) revert MarketNotFundingAccount(funding.account, msg.sender);
        _ESCROW.fundBySignature(funding, signature, permit);
        return _open(order);
    }

    /// @dev Every contract that is called from here is one of the three vaults, and none of them calls anybody back.
    function _open(Order calldata order) private returns (LeaseId leaseId) {
        // Check
        Current memory current = _current;
        _requireNotPaused(current.pausedUntil);
        (uint24 units, uint32 duration) = (order.units, order.duration);
        if (units == 0 || duration == 0 || order.candidates.length == 0) {
            revert MarketEmptyOrder(units, duration, order.candidates.length);
        }
        TokenTerms memory token = _tokenTermsAt(order.token);
        if (!token.listed) revert MarketTokenNotListed(order.token);

        // Reserves the collateral of the first candidate that fits.
        PackedWeights weights = _weightsAt(current.termsVersion);
        (OfferId offerId, OfferState state, Matching.Fit memory fit) = _firstFit(order, token, weights);

        // Effect
        uint32 index;
        (_offers[offerId].state, index) = state.afterOpening(units);
        leaseId = toLeaseId(offerId, index);
        _leases[leaseId] = Lease({
            terms: toLeaseTerms(msg.sender, duration, units, current.termsVersion, token.listing),
            progress: toPendingLease(
                fit.ratePerSecondX32,
                uint40(block.timestamp),
                current.activationWindow,
                current.feeBps
            )
        });
        emit LeaseOpened(
            leaseId,
            msg.sender,
            state.provider(),
            units,
            duration,
            fit.ratePerSecondX32,
            fit.locked,
            fit.collateral,
            current.termsVersion,
            token.listing
        );

        // Interaction
        _ESCROW.lock(order.token, msg.sender, fit.locked);
    }

    /// @dev The first candidate that fits, its collateral reserved. A candidate that does not fit costs a look, not the
    /// transaction; if none does, the error says why for each.
    function _firstFit(
        Order calldata order,
        TokenTerms memory token,
        PackedWeights weights
    ) private returns (OfferId offerId, OfferState state, Matching.Fit memory fit) {
        Misfit[] memory misfits = new Misfit[](order.candidates.length);
        for (uint256 i = 0; i < misfits.length; ++i) {
            Candidate calldata candidate = order.candidates[i];
            offerId = candidate.offer;
            Offer storage offer = _offers[offerId];
            state = offer.state;
            fit = Matching.fit(
                Matching.OfferFacts(state, offer.traits, offer.pricePerSecondX32, offer.retired),
                candidate,
                order,
                token,
                weights
            );
            if (fit.reason == MisfitReason.None) _tryReserve(state.provider(), fit);
            if (fit.reason == MisfitReason.None) return (offerId, state, fit);
            misfits[i] = Misfit(offerId, fit.reason, fit.available, fit.required);
        }
        revert MarketNoOfferFits(misfits);
    }

    /// @dev Reserves the collateral, or notes in `fit` why that cannot be.
    function _tryReserve(address provider, Matching.Fit memory fit) private {
        if (!_LIVENESS.isLive(provider)) {
            fit.reason = MisfitReason.ProviderDark;
        } else if (!_STAKING.tryReserve(provider, fit.collateral)) {
            fit.reason = MisfitReason.BondShort;
            fit.available = _STAKING.poolOf(address(this), provider).free;
            fit.required = fit.collateral;
        }
    }
}
