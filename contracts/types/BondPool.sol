// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice What a provider bonded for one module, in one word. From the low end:
///
///     bits 0-119    free: wei of HOLD that the module may reserve
///     bits 120-239  reserved: wei of HOLD that backs obligations
///     bit  240      opened: the provider itself put HOLD here once
///
/// @dev Amounts are parts of HOLD's supply, which fits 90 bits, so no field runs over into the next.
type BondPool is uint256;

using {free, reserved, opened, plusFree, minusFree, reserve, release, seize, asOpened} for BondPool global;

uint256 constant RESERVED_SHIFT = 120;
uint256 constant FIELD_MASK = type(uint120).max;
uint256 constant OPENED_BIT = 1 << 240;

/// @notice Wei of HOLD that the module may reserve.
function free(BondPool pool) pure returns (uint256) {
    return BondPool.unwrap(pool) & FIELD_MASK;
}

/// @notice Wei of HOLD that backs obligations.
function reserved(BondPool pool) pure returns (uint256) {
    return (BondPool.unwrap(pool) >> RESERVED_SHIFT) & FIELD_MASK;
}

/// @notice Whether the provider itself put HOLD here once.
function opened(BondPool pool) pure returns (bool) {
    return BondPool.unwrap(pool) & OPENED_BIT != 0;
}

/// @notice The same, opened.
function asOpened(BondPool pool) pure returns (BondPool) {
    return BondPool.wrap(BondPool.unwrap(pool) | OPENED_BIT);
}

/// @notice The same with `amount` more free.
function plusFree(BondPool pool, uint256 amount) pure returns (BondPool) {
    return BondPool.wrap(BondPool.unwrap(pool) + amount);
}

/// @notice The same with `amount` less free, which is not more than there is.
function minusFree(BondPool pool, uint256 amount) pure returns (BondPool) {
    return BondPool.wrap(BondPool.unwrap(pool) - amount);
}

/// @notice The same with `amount` of the free bond reserved, which is not more than there is.
function reserve(BondPool pool, uint256 amount) pure returns (BondPool) {
    unchecked {
        return BondPool.wrap(BondPool.unwrap(pool) - amount + (amount << RESERVED_SHIFT));
    }
}

/// @notice The same with `amount` of the reserved bond free again, which is not more than there is.
function release(BondPool pool, uint256 amount) pure returns (BondPool) {
    unchecked {
        return BondPool.wrap(BondPool.unwrap(pool) - (amount << RESERVED_SHIFT) + amount);
    }
}

/// @notice The same with `amount` of the reserved bond gone, which is not more than there is.
function seize(BondPool pool, uint256 amount) pure returns (BondPool) {
    return BondPool.wrap(BondPool.unwrap(pool) - (amount << RESERVED_SHIFT));
}
