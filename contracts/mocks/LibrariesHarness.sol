// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ClaimTail} from "../libraries/ClaimTail.sol";
import {Collateral} from "../libraries/Collateral.sol";
import {Money} from "../libraries/Money.sol";
import {PackedWeights, Weights} from "../types/Parameters.sol";
import {Resources} from "../types/Resources.sol";

/// @title LibrariesHarness
/// @notice Opens the internal libraries Money, Collateral and ClaimTail to their unit tests.
contract LibrariesHarness {
    /// @notice As Money.costUp.
    function costUp(uint128 ratePerSecondX32, uint32 duration) external pure returns (uint256) {
        return Money.costUp(ratePerSecondX32, duration);
    }

    /// @notice As Money.earnedDown.
    function earnedDown(uint128 ratePerSecondX32, uint32 billedSeconds) external pure returns (uint256) {
        return Money.earnedDown(ratePerSecondX32, billedSeconds);
    }

    /// @notice As Money.feeDown.
    function feeDown(uint256 earned, uint16 feeBps) external pure returns (uint256) {
        return Money.feeDown(earned, feeBps);
    }

    /// @notice As Money.netOf.
    function netOf(uint256 earned, uint16 feeBps) external pure returns (uint256) {
        return Money.netOf(earned, feeBps);
    }

    /// @notice As Money.partDown.
    function partDown(uint256 amount, uint256 bps) external pure returns (uint256) {
        return Money.partDown(amount, bps);
    }

    /// @notice As Collateral.pack, then Collateral.amountOf.
    function collateralOf(Weights calldata weights, Resources resources, uint24 units) external pure returns (uint256) {
        return Collateral.amountOf(Collateral.pack(weights), resources, units);
    }

    /// @notice As Collateral.pack.
    function pack(Weights calldata weights) external pure returns (PackedWeights) {
        return Collateral.pack(weights);
    }

    /// @notice As ClaimTail.endsAt.
    function endsAt(uint40 start, uint32 lived) external pure returns (uint40) {
        return ClaimTail.endsAt(start, lived);
    }
}
