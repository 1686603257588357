// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Money per second
/// @notice Rates are base units per second times 2^32, in 128 bits: 32 binary places below the base unit, so that a
/// 6-decimal token at $0.001 per hour bills to within a millionth, and 96 bits above it, so that a 24-decimal token at
/// $100,000 per hour takes 85 of them. Amounts of whole leases stay below 2^128.
/// @dev Unchecked throughout: a rate has 128 bits and a duration 32, so a product has 160; an amount has at most 160
/// bits and basis points 16; a fee is at most what it is taken from, since governed basis points are at most 10,000.
/// Where a lease's rate changed, `fraction` (below 2^32) and `remainder` (below 10,000) carry over what was less than a
/// base unit, so that many changes bill what one bill of the whole would (INV-LSE-3).
library Money {
    /// @notice Binary places of a rate below the base unit.
    uint256 internal constant FRACTION_BITS = 32;
    /// @notice Basis points of the whole.
    uint256 internal constant BPS = 10_000;
    uint256 private constant _ROUND_UP = (1 << FRACTION_BITS) - 1;

    /// @notice What `duration` seconds may cost at most, rounded up: what is locked.
    function costUp(uint128 ratePerSecondX32, uint32 duration, uint256 fraction) internal pure returns (uint256) {
        unchecked {
            return (uint256(ratePerSecondX32) * duration + fraction + _ROUND_UP) >> FRACTION_BITS;
        }
    }

    /// @notice What `billedSeconds` earned, rounded down; one product since the start or the last change of rate, never
    /// a sum of parts.
    function earnedDown(
        uint128 ratePerSecondX32,
        uint32 billedSeconds,
        uint256 fraction
    ) internal pure returns (uint256) {
        unchecked {
            return (uint256(ratePerSecondX32) * billedSeconds + fraction) >> FRACTION_BITS;
        }
    }

    /// @notice The fee on everything that a lease earned, rounded down.
    function feeDown(uint256 earned, uint16 feeBps, uint256 remainder) internal pure returns (uint256) {
        unchecked {
            return (earned * feeBps + remainder) / BPS;
        }
    }

    /// @notice What the provider is due of everything that a lease earned: the fee is what it is not.
    function netOf(uint256 earned, uint16 feeBps, uint256 remainder) internal pure returns (uint256) {
        unchecked {
            return earned - feeDown(earned, feeBps, remainder);
        }
    }

    /// @notice A part of an amount, rounded down.
    function partDown(uint256 amount, uint256 bps) internal pure returns (uint256) {
        unchecked {
            return (amount * bps) / BPS;
        }
    }
}
