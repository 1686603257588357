// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Resources} from "../types/OfferTypes.sol";
import {Weights} from "../types/Parameters.sol";

/// @title Collateral of a lease
/// @notice C = weights x resources x units, in wei of HOLD. It is a function of what never changes under a lease, so it
/// is computed where it is needed and stored nowhere.
library Collateral {
    /// @dev A weight counts millionths of a HOLD.
    uint256 private constant _WEIGHT_UNIT = 1e12;
    /// @dev The two highest bits of a GPU class are its tier.
    uint256 private constant _TIER_SHIFT = 14;

    /// @notice Collateral of `units` units of `resources`, in wei of HOLD.
    /// @dev At most 5 x 2^32 x 2^32 x 2^32 x 1e12, far below 2^256.
    function amountOf(
        Weights memory weights,
        Resources memory resources,
        uint32 units
    ) internal pure returns (uint256) {
        unchecked {
            uint256 perUnit =
                uint256(weights.cpu) * resources.cpu +
                    uint256(weights.memoryMiB) * resources.memoryMiB +
                    uint256(weights.diskGiB) * resources.diskGiB +
                    uint256(weights.bandwidthMbps) * resources.bandwidthMbps +
                    gpuWeight(weights, resources.gpuClass) * resources.gpuCount;
            return perUnit * units * _WEIGHT_UNIT;
        }
    }

    /// @notice Weight of one GPU of a class.
    function gpuWeight(Weights memory weights, uint16 gpuClass) internal pure returns (uint256) {
        uint256 tier = gpuClass >> _TIER_SHIFT;
        if (tier == 0) return weights.gpuTier0;
        if (tier == 1) return weights.gpuTier1;
        return tier == 2 ? weights.gpuTier2 : weights.gpuTier3;
    }
}
