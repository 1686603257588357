// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {PackedWeights, Weights} from "../types/Parameters.sol";
import {Resources} from "../types/Resources.sol";

/// @title Collateral
/// @notice Collateral of a lease: C = weights x resources x units, in wei of HOLD. It is a function of what never
/// changes under a lease, so it is computed where it is needed and stored nowhere.
library Collateral {
    /// @dev A weight counts millionths of a HOLD.
    uint256 internal constant UNIT = 1e12;
    /// @dev Quantities and weights stand in lanes of 32 bits; the weights of GPU tiers begin at the fifth.
    uint256 private constant _LANE = 32;
    uint256 private constant _GPU_SHIFT = 128;

    /// @notice Collateral of `units` units of `resources`, in wei of HOLD.
    /// @dev At most 5 x 2^32 x 2^32 x 2^24 x 1e12, far below 2^256.
    function amountOf(PackedWeights weights, Resources resources, uint24 units) internal pure returns (uint256) {
        unchecked {
            return unitsOf(weights, resources, units) * UNIT;
        }
    }

    /// @notice The same in millionths of a HOLD.
    /// @dev Casts to 32 bits pick a lane on purpose: CPU, memory, disk, bandwidth.
    function unitsOf(PackedWeights weights, Resources resources, uint24 units) internal pure returns (uint256) {
        unchecked {
            uint256 weight = PackedWeights.unwrap(weights);
            uint256 quantity = Resources.unwrap(resources);
            uint256 perUnit =
                uint256(uint32(weight >> (_GPU_SHIFT + _LANE * resources.gpuTier()))) * resources.gpuCount();
            perUnit += uint256(uint32(weight)) * uint32(quantity);
            perUnit += uint256(uint32(weight >> _LANE)) * uint32(quantity >> _LANE);
            perUnit += uint256(uint32(weight >> (2 * _LANE))) * uint32(quantity >> (2 * _LANE));
            perUnit += uint256(uint32(weight >> (3 * _LANE))) * uint32(quantity >> (3 * _LANE));
            return perUnit * units;
        }
    }

    /// @notice Weights as they are stored.
    function pack(Weights memory weights) internal pure returns (PackedWeights) {
        return
            PackedWeights.wrap(
                weights.cpu |
                    (uint256(weights.memoryMiB) << 32) |
                    (uint256(weights.diskGiB) << 64) |
                    (uint256(weights.bandwidthMbps) << 96) |
                    (uint256(weights.gpuTier0) << 128) |
                    (uint256(weights.gpuTier1) << 160) |
                    (uint256(weights.gpuTier2) << 192) |
                    (uint256(weights.gpuTier3) << 224)
            );
    }
}
