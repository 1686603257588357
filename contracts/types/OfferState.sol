// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice The part of an offer that leases change, in one word. From the low end:
///
///     bits 0-159    provider
///     bits 160-183  capacity: units that may be leased at the same time
///     bits 184-207  units in leases that are pending or active
///     bits 208-239  leases ever opened
///     bits 240-255  number of the payment token
type OfferState is uint256;

using {
    provider,
    capacity,
    used,
    leaseCount,
    tokenNumber,
    unitsLeft,
    withCapacity,
    afterOpening,
    afterEnd,
    afterGrowth
} for OfferState global;

uint256 constant CAPACITY_SHIFT = 160;
uint256 constant USED_SHIFT = 184;
uint256 constant COUNT_SHIFT = 208;
uint256 constant TOKEN_SHIFT = 240;

/// @notice A new offer.
function toOfferState(address provider_, uint24 capacity_, uint16 tokenNumber_) pure returns (OfferState) {
    return
        OfferState.wrap(
            uint160(provider_) | (uint256(capacity_) << CAPACITY_SHIFT) | (uint256(tokenNumber_) << TOKEN_SHIFT)
        );
}

/// @notice The provider; zero where there is no offer.
function provider(OfferState state) pure returns (address) {
    return address(uint160(OfferState.unwrap(state)));
}

/// @notice Units that may be leased at the same time.
function capacity(OfferState state) pure returns (uint24) {
    return uint24(OfferState.unwrap(state) >> CAPACITY_SHIFT);
}

/// @notice Units in leases that are pending or active.
function used(OfferState state) pure returns (uint24) {
    return uint24(OfferState.unwrap(state) >> USED_SHIFT);
}

/// @notice Leases ever opened; they are numbered from 1.
function leaseCount(OfferState state) pure returns (uint32) {
    return uint32(OfferState.unwrap(state) >> COUNT_SHIFT);
}

/// @notice Number of the payment token, from 1; 0 where there is no offer.
function tokenNumber(OfferState state) pure returns (uint16) {
    return uint16(OfferState.unwrap(state) >> TOKEN_SHIFT);
}

/// @notice Units that can still be leased; none where the capacity was lowered below what is used.
function unitsLeft(OfferState state) pure returns (uint24) {
    (uint24 all, uint24 taken) = (capacity(state), used(state));
    return all > taken ? all - taken : 0;
}

/// @notice The same with another capacity.
function withCapacity(OfferState state, uint24 capacity_) pure returns (OfferState) {
    uint256 rest = OfferState.unwrap(state) & ~(uint256(type(uint24).max) << CAPACITY_SHIFT);
    return OfferState.wrap(rest | (uint256(capacity_) << CAPACITY_SHIFT));
}

/// @notice The same with one more lease, of `units`, which are not more than are left; and the number of that lease.
/// @dev After 2^32 - 1 leases the count overflows, which reverts.
function afterOpening(OfferState state, uint24 units) pure returns (OfferState next, uint32 index) {
    index = leaseCount(state) + 1;
    // Neither field runs over: the count is checked above, the units fit in the capacity.
    unchecked {
        next = OfferState.wrap(OfferState.unwrap(state) + (uint256(units) << USED_SHIFT) + (uint256(1) << COUNT_SHIFT));
    }
}

/// @notice The same with `units` given back by a lease that ended.
/// @dev They were added when it was opened and are subtracted once, so nothing is borrowed from another field.
function afterEnd(OfferState state, uint24 units) pure returns (OfferState) {
    unchecked {
        return OfferState.wrap(OfferState.unwrap(state) - (uint256(units) << USED_SHIFT));
    }
}

/// @notice The same with `units` taken by a lease that was opened before; they are not more than are left.
function afterGrowth(OfferState state, uint24 units) pure returns (OfferState) {
    unchecked {
        return OfferState.wrap(OfferState.unwrap(state) + (uint256(units) << USED_SHIFT));
    }
}
