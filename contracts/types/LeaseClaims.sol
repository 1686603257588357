// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice Slot 3 of a lease, written when somebody claims, when a claim ends, and when a service credit is taken. From
/// the low end:
///
///     bits 0-119    aside: fee on the earnings that claims took out of the lease since its accumulator started, base units
///     bits 120-171  taken: what penalties took of its collateral, in millionths of a HOLD (1e12 wei)
///     bits 172-187  open: claims that have not ended
///     bits 188-201  highest fraction of its collateral that an upheld claim was worth, basis points
///     bits 202-241  covered until: when the latest upheld claim was filed; 0: none was upheld
///     bits 242-255  nothing
///
/// While a lease's progress does not say `claimed`, the slot is zero.
type LeaseClaims is uint256;

using {aside, taken, open, highestBps, coveredUntil} for LeaseClaims global;
using {plusAside, withoutAside, plusTaken, plusOpen, minusOpen, withUpheld} for LeaseClaims global;

uint256 constant ASIDE_MASK = type(uint120).max;
uint256 constant TAKEN_SHIFT = 120;
uint256 constant TAKEN_MASK = (1 << 52) - 1;
uint256 constant OPEN_SHIFT = 172;
uint256 constant HIGHEST_SHIFT = 188;
uint256 constant HIGHEST_MASK = (1 << 14) - 1;
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

/// @notice Highest fraction of the collateral that an upheld claim was worth, basis points.
function highestBps(LeaseClaims claims) pure returns (uint256) {
    return (LeaseClaims.unwrap(claims) >> HIGHEST_SHIFT) & HIGHEST_MASK;
}

/// @notice When the latest upheld claim was filed; 0: none was upheld.
function coveredUntil(LeaseClaims claims) pure returns (uint40) {
    return uint40(LeaseClaims.unwrap(claims) >> COVERED_SHIFT);
}

/// @notice The same with `fee` more aside.
/// @dev Fees aside are parts of what the lease locked, which fits 120 bits.
function plusAside(LeaseClaims claims, uint256 fee) pure returns (LeaseClaims) {
    return LeaseClaims.wrap(LeaseClaims.unwrap(claims) + fee);
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

/// @notice The same after a claim was upheld.
/// @param highestBps_ at most 10,000.
function withUpheld(LeaseClaims claims, uint256 highestBps_, uint40 coveredUntil_) pure returns (LeaseClaims) {
    uint256 rest = LeaseClaims.unwrap(claims) & ((1 << HIGHEST_SHIFT) - 1);
    return LeaseClaims.wrap(rest | (highestBps_ << HIGHEST_SHIFT) | (uint256(coveredUntil_) << COVERED_SHIFT));
}
