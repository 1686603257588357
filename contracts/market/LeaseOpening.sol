// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IEscrow} from "../interfaces/IEscrow.sol";
import {ILeases} from "../interfaces/ILeases.sol";
import {Matching} from "../libraries/Matching.sol";
import {LeaseId, toLeaseId} from "../types/Ids.sol";
import {EndReason, Lease, LeaseStatus} from "../types/LeaseTypes.sol";
import {Candidate, Misfit, MisfitReason, OfferCore, Order} from "../types/OfferTypes.sol";
import {TokenTerms, Weights} from "../types/Parameters.sol";
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
        _requireNotPaused(current);
        if (order.units == 0 || order.duration == 0 || order.candidates.length == 0) {
            revert MarketEmptyOrder(order.units, order.duration, order.candidates.length);
        }
        TokenTerms memory token = _tokenTermsAt(order.token);
        if (!token.listed) revert MarketTokenNotListed(order.token);

        // Reserves the collateral of the first candidate that fits.
        (Candidate calldata candidate, Matching.Fit memory fit) = _firstFit(
            order,
            token,
            _weightsAt(current.termsVersion)
        );

        // Effect
        OfferCore storage offer = _offers[candidate.offer].core;
        uint32 index = offer.leaseCount + 1;
        offer.leaseCount = index;
        offer.used += order.units;
        leaseId = toLeaseId(candidate.offer, index);
        _leases[leaseId] = Lease({
            tenant: msg.sender,
            duration: order.duration,
            units: order.units,
            termsVersion: current.termsVersion,
            tokenVersion: token.version,
            ratePerSecondX32: fit.ratePerSecondX32,
            since: uint40(block.timestamp),
            mark: _termsAt(current.termsVersion).activationWindow,
            paidSeconds: 0,
            status: LeaseStatus.Pending,
            reason: EndReason.None,
            settled: false
        });
        emit LeaseOpened(
            leaseId,
            msg.sender,
            offer.provider,
            order.units,
            order.duration,
            fit.ratePerSecondX32,
            fit.locked,
            fit.collateral,
            current.termsVersion,
            token.version
        );

        // Interaction
        _ESCROW.lock(order.token, msg.sender, fit.locked);
    }

    /// @dev The first candidate that fits, its collateral reserved. A candidate that does not fit costs a look, not the
    /// transaction; if none does, the error says why for each.
    function _firstFit(
        Order calldata order,
        TokenTerms memory token,
        Weights memory weights
    ) private returns (Candidate calldata candidate, Matching.Fit memory fit) {
        Misfit[] memory misfits = new Misfit[](order.candidates.length);
        for (uint256 i = 0; i < order.candidates.length; ++i) {
            candidate = order.candidates[i];
            fit = _fit(order, candidate, token, weights);
            if (fit.reason == MisfitReason.None) return (candidate, fit);
            misfits[i] = Misfit({
                offer: candidate.offer,
                reason: fit.reason,
                available: fit.available,
                required: fit.required
            });
        }
        revert MarketNoOfferFits(misfits);
    }

    /// @dev Whether one candidate fits; reserves its collateral if so.
    function _fit(
        Order calldata order,
        Candidate calldata candidate,
        TokenTerms memory token,
        Weights memory weights
    ) private returns (Matching.Fit memory fit) {
        OfferCore memory offer = _offers[candidate.offer].core;
        fit = Matching.fit(offer, candidate, order, token, weights);
        if (fit.reason != MisfitReason.None) return fit;

        if (!_LIVENESS.isLive(offer.provider)) {
            fit.reason = MisfitReason.ProviderDark;
        } else if (!_STAKING.tryReserve(offer.provider, fit.collateral)) {
            fit.reason = MisfitReason.BondShort;
            fit.available = _STAKING.poolOf(address(this), offer.provider).free;
            fit.required = fit.collateral;
        }
    }
}
