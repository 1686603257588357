// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Resources} from "./Resources.sol";

/// @notice The part of an offer that never changes and that opening a lease reads, in one word. From the low end:
///
///     bits 0-199    resources of one unit, see `Resources`
///     bits 200-223  minimum duration, seconds
///     bits 224-255  maximum duration, seconds
type OfferTraits is uint256;

using {resources, minDuration, maxDuration} for OfferTraits global;

uint256 constant RESOURCES_MASK = (1 << 200) - 1;
uint256 constant MIN_SHIFT = 200;
uint256 constant MAX_SHIFT = 224;

/// @notice Traits of a new offer.
function toOfferTraits(Resources resources_, uint24 minDuration_, uint32 maxDuration_) pure returns (OfferTraits) {
    return
        OfferTraits.wrap(
            (Resources.unwrap(resources_) & RESOURCES_MASK) |
                (uint256(minDuration_) << MIN_SHIFT) |
                (uint256(maxDuration_) << MAX_SHIFT)
        );
}

/// @notice Resources of one unit.
function resources(OfferTraits traits) pure returns (Resources) {
    return Resources.wrap(OfferTraits.unwrap(traits) & RESOURCES_MASK);
}

/// @notice Seconds that a tenant pays for at least, once a lease is activated.
function minDuration(OfferTraits traits) pure returns (uint24) {
    return uint24(OfferTraits.unwrap(traits) >> MIN_SHIFT);
}

/// @notice Seconds that a lease may last at most.
function maxDuration(OfferTraits traits) pure returns (uint32) {
    return uint32(OfferTraits.unwrap(traits) >> MAX_SHIFT);
}
