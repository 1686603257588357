// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @notice Slot 3 of a lease, written when somebody claims, when a claim ends, and when a service credit is taken. From
/// the low end:
///
///     bits 0-119    aside: fee on the earnings that claims took out of the lease since its accumulator started, base units
///     bits 120-171  taken: what penalties took of its collateral, in millionths of a HOLD (1e12 wei)
///     bits 172-187  open: claims that have not ended
///     bits 188-201  punished: fraction of its collateral that the last punished fault was worth in all, basis points
///     bits 202-241  covered until: when the last claim that was punished in full was filed; 0: none was
///     bits 242-255  nothing
///
/// While a lease's progress does not say `claimed`, the slot is zero.
type LeaseClaims is uint256;

using {aside, taken, open, punishedBps, coveredUntil} for LeaseClaims global;
using {plusAside, withoutAside, plusTaken, plusOpen, minusOpen, withPunished} for LeaseClaims global;

uint256 constant ASIDE_MASK = type(uint120).max;
uint256 constant TAKEN_SHIFT = 120;
uint256 constant TAKEN_MASK = (1 << 52) - 1;
uint256 constant OPEN_SHIFT = 172;
uint256 constant PUNISHED_SHIFT = 188;
uint256 constant PUNISHED_MASK = (1 << 14) - 1;
uint256 constant COVERED_SHIFT = 202;

/// @notice Base units of fee that left the lease with earnings that claims hold, or held.
function aside(LeaseClaims claims) pure returns (uint256) {
    return LeaseClaims.unwrap(claims) & ASIDE_MASK;
}

/// @notice Millionths of a HOLD that penalties took of the collateral.
function taken(LeaseClaims claims) pure returns (uint256) {
    return (LeaseClaims.unwrap(claims) >> TAKEN_SHIFT) & TAKEN_MASK;
}

/// @notice Claims that have not ended.
function open(LeaseClaims claims) pure returns (uint16) {
    return uint16(LeaseClaims.unwrap(claims) >> OPEN_SHIFT);
}

/// @notice Fraction of the collateral that the last punished fault was worth in all, basis points.
function punishedBps(LeaseClaims claims) pure returns (uint256) {
    return (LeaseClaims.unwrap(claims) >> PUNISHED_SHIFT) & PUNISHED_MASK;
}

/// @notice When the last claim that was punished in full was filed; 0: none was.
function coveredUntil(LeaseClaims claims) pure returns (uint40) {
    return uint40(LeaseClaims.unwrap(claims) >> COVERED_SHIFT);
}

/// @notice The same with `fee` more aside.
/// @dev Reverts where a lease that was extended over and over earned more than 2^120 base units.
function plusAside(LeaseClaims claims, uint256 fee) pure returns (LeaseClaims) {
    return LeaseClaims.wrap(LeaseClaims.unwrap(claims) - aside(claims) + SafeCast.toUint120(aside(claims) + fee));
}

/// @notice The same with nothing aside: everything earned was settled.
function withoutAside(LeaseClaims claims) pure returns (LeaseClaims) {
    return LeaseClaims.wrap(LeaseClaims.unwrap(claims) & ~ASIDE_MASK);
}

/// @notice The same with `units` more taken; together they are at most the collateral.
function plusTaken(LeaseClaims claims, uint256 units) pure returns (LeaseClaims) {
    return LeaseClaims.wrap(LeaseClaims.unwrap(claims) + (units << TAKEN_SHIFT));
}

/// @notice The same with one more claim open, of which there are fewer than 65,535.
function plusOpen(LeaseClaims claims) pure returns (LeaseClaims) {
    return LeaseClaims.wrap(LeaseClaims.unwrap(claims) + (1 << OPEN_SHIFT));
}

/// @notice The same with one claim less open, of which there is one.
function minusOpen(LeaseClaims claims) pure returns (LeaseClaims) {
    return LeaseClaims.wrap(LeaseClaims.unwrap(claims) - (1 << OPEN_SHIFT));
}

/// @notice The same after a fault was punished.
/// @param punishedBps_ at most 10,000.
function withPunished(LeaseClaims claims, uint256 punishedBps_, uint40 coveredUntil_) pure returns (LeaseClaims) {
    uint256 rest = LeaseClaims.unwrap(claims) & ((1 << PUNISHED_SHIFT) - 1);
    return LeaseClaims.wrap(rest | (punishedBps_ << PUNISHED_SHIFT) | (uint256(coveredUntil_) << COVERED_SHIFT));
}
