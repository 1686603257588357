// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Collateral} from "./Collateral.sol";
import {Money} from "./Money.sol";
import {Candidate, MisfitReason, OfferCore, Order, Resources} from "../types/OfferTypes.sol";
import {TokenTerms, Weights} from "../types/Parameters.sol";

/// @title Whether an offer fits an order, and what the lease would lock and reserve
/// @notice One piece of code for the market that opens and the lens that quotes. What only other contracts know, whether
/// the provider is live and has the bond, is asked by the caller.
library Matching {
    /// @notice Outcome for one candidate; `reason` None means that it fits as far as offer and order tell.
    struct Fit {
        MisfitReason reason;
        uint256 available; // what there is, where it does not fit; see MisfitReason
        uint256 required; // what would be needed, where it does not fit
        uint128 ratePerSecondX32; // of all units together
        uint256 locked; // base units, bounty included
        uint256 collateral; // wei of HOLD
    }

    /// @notice Compares an offer with an order.
    function fit(
        OfferCore memory offer,
        Candidate calldata candidate,
        Order calldata order,
        TokenTerms memory token,
        Weights memory weights
    ) internal pure returns (Fit memory result) {
        if (offer.token != order.token) {
            return _misfit(MisfitReason.OtherToken, uint160(offer.token), uint160(order.token));
        }
        if (offer.retired) return _misfit(MisfitReason.Retired, 0, 0);

        // In 256 bits: no price that a provider sets can make this revert for the candidates after it.
        uint256 rate = uint256(offer.pricePerSecondX32) * order.units;
        if (offer.pricePerSecondX32 > candidate.maxPricePerSecondX32 || rate > type(uint128).max) {
            return _misfit(MisfitReason.PriceTooHigh, candidate.maxPricePerSecondX32, offer.pricePerSecondX32);
        }
        if (!meets(offer.resources, order.requirement)) return _misfit(MisfitReason.RequirementUnmet, 0, 0);
        if (order.duration < offer.minDuration) {
            return _misfit(MisfitReason.DurationOutOfBounds, offer.minDuration, order.duration);
        }
        if (order.duration > offer.maxDuration) {
            return _misfit(MisfitReason.DurationOutOfBounds, offer.maxDuration, order.duration);
        }
        uint256 left = offer.capacity > offer.used ? offer.capacity - offer.used : 0;
        if (order.units > left) return _misfit(MisfitReason.CapacityShort, left, order.units);

        result.ratePerSecondX32 = uint128(rate); // at most its maximum, checked above
        result.locked = Money.costUp(result.ratePerSecondX32, order.duration) + token.bounty;
        if (result.locked < token.minimumLock) {
            return _misfit(MisfitReason.LockTooSmall, result.locked, token.minimumLock);
        }
        if (result.locked > order.maxLock) return _misfit(MisfitReason.LockTooLarge, order.maxLock, result.locked);
        result.collateral = Collateral.amountOf(weights, offer.resources, order.units);
    }

    /// @notice Whether a unit of an offer has everything that is required of it.
    function meets(Resources memory offered, Resources calldata required) internal pure returns (bool) {
        return
            offered.cpu >= required.cpu &&
            offered.memoryMiB >= required.memoryMiB &&
            offered.diskGiB >= required.diskGiB &&
            offered.bandwidthMbps >= required.bandwidthMbps &&
            (required.gpuCount == 0 ||
                (offered.gpuClass == required.gpuClass && offered.gpuCount >= required.gpuCount)) &&
            (required.region == 0 || offered.region == required.region) &&
            (offered.attributes & required.attributes) == required.attributes;
    }

    function _misfit(
        MisfitReason reason,
        uint256 available,
        uint256 required
    ) private pure returns (Fit memory result) {
        result.reason = reason;
        result.available = available;
        result.required = required;
    }
}
