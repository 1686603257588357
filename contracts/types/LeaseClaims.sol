// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @notice Slot 3 of a lease, written when a claim is filed or ends and when a service credit is taken; of a lease with
/// claims also when its rate or terms change. From the low end:
///
///     bits 0-103    aside: fee on the earnings that claims took out of the lease since its anchor, base units
///     bits 104-153  taken: what penalties took of its collateral, in millionths of a HOLD (1e12 wei)
///     bits 154-169  open: claims that have not ended
///     bits 170-219  punished: what was taken for the last fault that started a cover, and for those within that cover,
///                   in millionths of a HOLD
///     bits 220-251  cover: seconds from the start to the filing of the claim about that fault; 0: none was punished
///     bits 252-255  nothing
///
/// While a lease's progress does not say `claimed`, the slot is zero. HOLD's supply has fewer than 2^50 millionths.
type LeaseClaims is uint256;

using {aside, taken, open, punished, cover} for LeaseClaims global;
using {plusAside, withoutAside, plusTaken, plusOpen, minusOpen, withPunished} for LeaseClaims global;

uint256 constant ASIDE_MASK = type(uint104).max;
uint256 constant TAKEN_SHIFT = 104;
uint256 constant UNITS_MASK = (1 << 50) - 1;
uint256 constant OPEN_SHIFT = 154;
uint256 constant PUNISHED_SHIFT = 170;
uint256 constant COVER_SHIFT = 220;

/// @notice Base units of fee that left the lease with earnings that claims hold, or held.
function aside(LeaseClaims claims) pure returns (uint256) {
    return LeaseClaims.unwrap(claims) & ASIDE_MASK;
}

/// @notice Millionths of a HOLD that penalties took of the collateral.
function taken(LeaseClaims claims) pure returns (uint256) {
    return (LeaseClaims.unwrap(claims) >> TAKEN_SHIFT) & UNITS_MASK;
}

/// @notice Claims that have not ended.
function open(LeaseClaims claims) pure returns (uint16) {
    return uint16(LeaseClaims.unwrap(claims) >> OPEN_SHIFT);
}

/// @notice Millionths of a HOLD that were taken for faults that began within the cover, the one that started it
/// included.
function punished(LeaseClaims claims) pure returns (uint256) {
    return (LeaseClaims.unwrap(claims) >> PUNISHED_SHIFT) & UNITS_MASK;
}

/// @notice Seconds from the start of the lease to the filing of the last claim that was punished in full; 0: none was.
function cover(LeaseClaims claims) pure returns (uint32) {
    return uint32(LeaseClaims.unwrap(claims) >> COVER_SHIFT);
}

/// @notice The same with `fee` more aside.
/// @dev Reverts where the claims of one lease take more than 2^104 base units of fee out of it.
function plusAside(LeaseClaims claims, uint256 fee) pure returns (LeaseClaims) {
    return LeaseClaims.wrap(LeaseClaims.unwrap(claims) - aside(claims) + SafeCast.toUint104(aside(claims) + fee));
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

/// @notice The same with one claim less open; at least one is.
function minusOpen(LeaseClaims claims) pure returns (LeaseClaims) {
    return LeaseClaims.wrap(LeaseClaims.unwrap(claims) - (1 << OPEN_SHIFT));
}

/// @notice The same after a fault was punished.
/// @param punished_ millionths of a HOLD, at most what was taken.
function withPunished(LeaseClaims claims, uint256 punished_, uint32 cover_) pure returns (LeaseClaims) {
    uint256 rest = LeaseClaims.unwrap(claims) & ((1 << PUNISHED_SHIFT) - 1);
    return LeaseClaims.wrap(rest | (punished_ << PUNISHED_SHIFT) | (uint256(cover_) << COVER_SHIFT));
}
