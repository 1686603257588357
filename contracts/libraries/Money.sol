// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Money per second
/// @notice Rates are base units per second times 2^32, in 128 bits: 32 binary places below the base unit, so that a
/// 6-decimal token at $0.001 per hour bills to within a millionth, and 96 bits above it, so that a 24-decimal token at
/// $100,000 per hour takes 85 of them. Amounts of whole leases stay below 2^128.
/// @dev Unchecked throughout: a rate has 128 bits and a duration 32, so a product has 160; an amount has at most 160 bits
/// and basis points 16; a fee is at most what it is taken from, since governed basis points are at most 10,000.
library Money {
    uint256 private constant _FRACTION_BITS = 32;
    uint256 private constant _ROUND_UP = (1 << _FRACTION_BITS) - 1;
    uint256 private constant _BPS = 10_000;

    /// @notice What `duration` seconds may cost at most, rounded up: what is locked.
    function costUp(uint128 ratePerSecondX32, uint32 duration) internal pure returns (uint256) {
        unchecked {
            return (uint256(ratePerSecondX32) * duration + _ROUND_UP) >> _FRACTION_BITS;
        }
    }

    /// @notice What `billedSeconds` earned, rounded down; one product since the start, never a sum of parts.
    function earnedDown(uint128 ratePerSecondX32, uint32 billedSeconds) internal pure returns (uint256) {
        unchecked {
            return (uint256(ratePerSecondX32) * billedSeconds) >> _FRACTION_BITS;
        }
    }

    /// @notice The fee on everything that a lease earned, rounded down.
    function feeDown(uint256 earned, uint16 feeBps) internal pure returns (uint256) {
        unchecked {
            return (earned * feeBps) / _BPS;
        }
    }

    /// @notice What the provider is due of everything that a lease earned: the fee is what it is not.
    function netOf(uint256 earned, uint16 feeBps) internal pure returns (uint256) {
        unchecked {
            return earned - feeDown(earned, feeBps);
        }
    }

    /// @notice A part of an amount, rounded down.
    function partDown(uint256 amount, uint256 bps) internal pure returns (uint256) {
        unchecked {
            return (amount * bps) / _BPS;
        }
    }
}
