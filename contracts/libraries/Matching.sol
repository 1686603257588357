// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Collateral} from "./Collateral.sol";
import {Money} from "./Money.sol";
import {OfferState} from "../types/OfferState.sol";
import {OfferTraits} from "../types/OfferTraits.sol";
import {Candidate, MisfitReason, Order} from "../types/OfferTypes.sol";
import {PackedWeights, TokenTerms} from "../types/Parameters.sol";
import {Resources} from "../types/Resources.sol";

/// @title Matching
/// @notice Whether an offer fits an order, and what the lease would lock and reserve. One piece of code for the market
/// that opens and the lens that quotes. What only other contracts know, whether the provider was seen lately and has
/// the bond, is asked by the caller.
library Matching {
    /// @notice What an offer is compared by.
    struct OfferFacts {
        OfferState state;
        OfferTraits traits;
        uint128 pricePerSecondX32;
        MisfitReason closedBy; // why nothing is leased on it now: Retired, QuotedOnly, or None
    }

    /// @notice Outcome for one candidate; `reason` None means that it fits as far as offer and order tell.
    struct Fit {
        MisfitReason reason;
        uint256 available; // what there is, where it does not fit; see MisfitReason
        uint256 required; // what would be needed, where it does not fit
        uint128 ratePerSecondX32; // of all units together
        uint256 locked; // base units, bounty included
        uint256 collateral; // wei of HOLD
    }

    /// @notice Why nothing is leased on an offer, whatever the order.
    /// @param unquoted whether it asks for a signed quote, and none is there.
    function closedBy(bool retired, bool unquoted) internal pure returns (MisfitReason) {
        if (retired) return MisfitReason.Retired;
        return unquoted ? MisfitReason.QuotedOnly : MisfitReason.None;
    }

    /// @notice Compares an offer with an order.
    /// @param maxLock what the order's highest lock leaves for this lease, base units.
    /// @param result all zero; the outcome is written here.
    function fit(
        OfferFacts memory offer,
        Candidate calldata candidate,
        Order calldata order,
        TokenTerms memory token,
        PackedWeights weights,
        uint256 maxLock,
        Fit memory result
    ) internal pure {
        uint256 number = offer.state.tokenNumber();
        if (number != token.number) return _refuse(result, MisfitReason.OtherToken, number, token.number);
        (address provider, address named) = (offer.state.provider(), candidate.provider);
        if (provider != named) return _refuse(result, MisfitReason.OtherProvider, uint160(provider), uint160(named));
        if (offer.closedBy != MisfitReason.None) return _refuse(result, offer.closedBy, 0, 0);

        // In 256 bits: no price that a provider sets can make this revert for the candidates after it.
        (uint256 units, uint256 price, uint256 maxPrice) = (
            order.units,
            offer.pricePerSecondX32,
            candidate.maxPricePerSecondX32
        );
        uint256 rate;
        // 128 bits and 24.
        unchecked {
            rate = price * units;
        }
        if (price > maxPrice || rate > type(uint128).max)
            return _refuse(result, MisfitReason.PriceTooHigh, maxPrice, price);
        (MisfitReason unmet, uint256 available, uint256 required) = _compareTraits(offer.traits, order);
        if (unmet != MisfitReason.None) return _refuse(result, unmet, available, required);
        uint256 left = offer.state.unitsLeft();
        if (units > left) return _refuse(result, MisfitReason.CapacityShort, left, units);

        uint256 locked = Money.costUp(uint128(rate), order.duration, 0); // the rate is checked above
        // 129 bits and 96.
        unchecked {
            locked += token.bounty;
        }
        if (locked < token.minimumLock) return _refuse(result, MisfitReason.LockTooSmall, locked, token.minimumLock);
        if (locked > maxLock) return _refuse(result, MisfitReason.LockTooLarge, maxLock, locked);
        result.ratePerSecondX32 = uint128(rate);
        result.locked = locked;
        result.collateral = Collateral.amountOf(weights, offer.traits.resources(), uint24(units)); // was a uint24
    }

    /// @dev Compares what never changes of an offer with an order; None: it fits.
    function _compareTraits(
        OfferTraits traits,
        Order calldata order
    ) private pure returns (MisfitReason, uint256 available, uint256 required) {
        (Resources resources, Resources requirement) = (traits.resources(), order.requirement);
        if (!resources.meets(requirement)) {
            return (MisfitReason.RequirementUnmet, Resources.unwrap(resources), Resources.unwrap(requirement));
        }
        required = order.duration;
        available = traits.minDuration();
        if (required < available) return (MisfitReason.DurationOutOfBounds, available, required);
        available = traits.maxDuration();
        if (required > available) return (MisfitReason.DurationOutOfBounds, available, required);
        return (MisfitReason.None, 0, 0);
    }

    function _refuse(Fit memory result, MisfitReason reason, uint256 available, uint256 required) private pure {
        (result.reason, result.available, result.required) = (reason, available, required);
    }
}
