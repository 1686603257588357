// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice What an account lets a module hold of one token, and what the module holds, in one word. From the low end:
///
///     bits 0-119    locked, base units
///     bits 120-239  ceiling: locked may grow up to this
///     bits 240-255  nonce of the next signature
type ModuleLock is uint256;

using {
    locked,
    ceiling,
    nonce,
    headroom,
    plusLocked,
    minusLocked,
    withCeiling,
    afterPayout,
    afterGift
} for ModuleLock global;

uint256 constant CEILING_SHIFT = 120;
uint256 constant NONCE_SHIFT = 240;
uint256 constant AMOUNT_MASK = type(uint120).max;

/// @notice Base units that the module holds.
function locked(ModuleLock held) pure returns (uint256) {
    return ModuleLock.unwrap(held) & AMOUNT_MASK;
}

/// @notice Base units that the module may hold.
function ceiling(ModuleLock held) pure returns (uint256) {
    return (ModuleLock.unwrap(held) >> CEILING_SHIFT) & AMOUNT_MASK;
}

/// @notice Nonce of the next signature.
function nonce(ModuleLock held) pure returns (uint16) {
    return uint16(ModuleLock.unwrap(held) >> NONCE_SHIFT);
}

/// @notice Base units that the account still lets the module lock: none where the ceiling was set below what is held.
function headroom(ModuleLock held) pure returns (uint256) {
    (uint256 locked_, uint256 ceiling_) = (locked(held), ceiling(held));
    return ceiling_ > locked_ ? ceiling_ - locked_ : 0;
}

/// @notice The same, holding `amount` more; together they fit 120 bits.
function plusLocked(ModuleLock held, uint256 amount) pure returns (ModuleLock) {
    unchecked {
        return ModuleLock.wrap(ModuleLock.unwrap(held) + amount);
    }
}

/// @notice The same, holding `amount` less, which is not more than it holds.
function minusLocked(ModuleLock held, uint256 amount) pure returns (ModuleLock) {
    unchecked {
        return ModuleLock.wrap(ModuleLock.unwrap(held) - amount);
    }
}

/// @notice The same with another ceiling and nonce.
function withCeiling(ModuleLock held, uint120 ceiling_, uint16 nonce_) pure returns (ModuleLock) {
    return ModuleLock.wrap(locked(held) | (uint256(ceiling_) << CEILING_SHIFT) | (uint256(nonce_) << NONCE_SHIFT));
}

/// @notice The same after `paid` left for good: the ceiling is lowered by as much, not below zero. The largest ceiling
/// stands for no limit and never moves.
function afterPayout(ModuleLock held, uint256 paid) pure returns (ModuleLock) {
    uint256 ceiling_ = ceiling(held);
    if (ceiling_ == AMOUNT_MASK) return held;
    unchecked {
        return ModuleLock.wrap(ModuleLock.unwrap(held) - ((paid < ceiling_ ? paid : ceiling_) << CEILING_SHIFT));
    }
}

/// @notice The same after the lock grew by `given`, which was another account's: the ceiling is raised by as much, and
/// stays below the largest one, which only its account can set. `locked` and `given` fit 120 bits together.
function afterGift(ModuleLock held, uint256 given) pure returns (ModuleLock) {
    uint256 ceiling_ = ceiling(held);
    held = plusLocked(held, given);
    if (ceiling_ == AMOUNT_MASK) return held;
    uint256 raised = ceiling_ + given;
    return withCeiling(held, uint120(raised < AMOUNT_MASK ? raised : AMOUNT_MASK - 1), nonce(held));
}
