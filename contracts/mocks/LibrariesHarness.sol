// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Accrual} from "../libraries/Accrual.sol";
import {ClaimTail} from "../libraries/ClaimTail.sol";
import {Collateral} from "../libraries/Collateral.sol";
import {LeaseLib} from "../libraries/LeaseLib.sol";
import {Money} from "../libraries/Money.sol";
import {HistoryFields} from "../types/LeaseHistory.sol";
import {PackedWeights, Weights} from "../types/Parameters.sol";
import {Resources} from "../types/Resources.sol";

/// @title LibrariesHarness
/// @notice Opens the internal libraries Accrual, ClaimTail, Collateral, LeaseLib and Money to their unit tests.
contract LibrariesHarness {
    /// @notice As Money.costUp.
    function costUp(uint128 ratePerSecondX32, uint32 duration, uint256 fraction) external pure returns (uint256) {
        return Money.costUp(ratePerSecondX32, duration, fraction);
    }

    /// @notice As Money.earnedDown.
    function earnedDown(
        uint128 ratePerSecondX32,
        uint32 billedSeconds,
        uint256 fraction
    ) external pure returns (uint256) {
        return Money.earnedDown(ratePerSecondX32, billedSeconds, fraction);
    }

    /// @notice As Money.feeDown.
    function feeDown(uint256 earned, uint16 feeBps, uint256 remainder) external pure returns (uint256) {
        return Money.feeDown(earned, feeBps, remainder);
    }

    /// @notice As Money.netOf.
    function netOf(uint256 earned, uint16 feeBps, uint256 remainder) external pure returns (uint256) {
        return Money.netOf(earned, feeBps, remainder);
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

    /// @notice As LeaseLib.leastCollateral.
    function leastCollateral(uint256 taken) external pure returns (uint256) {
        return LeaseLib.leastCollateral(taken);
    }

    /// @notice As Accrual.grow, of a history with these two fields.
    function grow(
        uint256 grownFrom,
        uint256 grownAgo,
        uint256 before
    ) external pure returns (uint256 grownFromNow, uint256 grownAgoNow) {
        HistoryFields memory fields;
        (fields.grownFrom, fields.grownAgo) = (grownFrom, grownAgo);
        Accrual.grow(fields, before);
        return (fields.grownFrom, fields.grownAgo);
    }

    /// @notice As ClaimTail.lapsesAt.
    function lapsesAt(uint40 filedAt) external pure returns (uint40) {
        return ClaimTail.lapsesAt(filedAt);
    }

    /// @notice As ClaimTail.endsAt.
    function endsAt(uint40 start, uint32 lived) external pure returns (uint40) {
        return ClaimTail.endsAt(start, lived);
    }
}
