// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice Slot 2 of a lease, written only when its rate, its collateral or its terms change. From the low end:
///
///     bits 0-119    earned before the present rate and not settled then, base units
///     bits 120-151  anchor: seconds from the start to the moment when the present rate began
///     bits 152-183  dark seconds of the provider from the start to the anchor
///     bits 184-235  collateral, in millionths of a HOLD (1e12 wei)
///     bits 236-251  version of the terms whose treasury the lease pays: the one that it was opened with
///     bits 252-255  nothing
///
/// While a lease's terms do not say `changed`, the slot means nothing: nothing was earned before, the anchor is the
/// start, the collateral follows from weights, resources and units, and the treasury is that of the lease's version.
type LeaseHistory is uint256;

using {earnedBefore, anchorOffset, darkBefore, collateralUnits, treasuryVersion} for LeaseHistory global;

uint256 constant ANCHOR_SHIFT = 120;
uint256 constant DARK_SHIFT = 152;
uint256 constant COLLATERAL_SHIFT = 184;
uint256 constant TREASURY_SHIFT = 236;
uint256 constant COLLATERAL_MASK = (1 << 52) - 1;

/// @notice A history.
/// @param earnedBefore_ base units.
/// @param anchorOffset_ seconds.
/// @param darkBefore_ seconds.
/// @param collateralUnits_ millionths of a HOLD; a part of HOLD's supply, which has fewer than 2^50 of them.
/// @param treasuryVersion_ a version of the terms.
function toLeaseHistory(
    uint120 earnedBefore_,
    uint32 anchorOffset_,
    uint32 darkBefore_,
    uint256 collateralUnits_,
    uint16 treasuryVersion_
) pure returns (LeaseHistory) {
    return
        LeaseHistory.wrap(
            earnedBefore_ |
                (uint256(anchorOffset_) << ANCHOR_SHIFT) |
                (uint256(darkBefore_) << DARK_SHIFT) |
                (collateralUnits_ << COLLATERAL_SHIFT) |
                (uint256(treasuryVersion_) << TREASURY_SHIFT)
        );
}

/// @notice Base units that the lease earned before its present rate and that were not settled then.
function earnedBefore(LeaseHistory history) pure returns (uint256) {
    return LeaseHistory.unwrap(history) & type(uint120).max;
}

/// @notice Seconds from the start to the moment when the present rate began.
function anchorOffset(LeaseHistory history) pure returns (uint32) {
    return uint32(LeaseHistory.unwrap(history) >> ANCHOR_SHIFT);
}

/// @notice Dark seconds of the provider from the start to the anchor.
function darkBefore(LeaseHistory history) pure returns (uint32) {
    return uint32(LeaseHistory.unwrap(history) >> DARK_SHIFT);
}

/// @notice Collateral, millionths of a HOLD.
function collateralUnits(LeaseHistory history) pure returns (uint256) {
    return (LeaseHistory.unwrap(history) >> COLLATERAL_SHIFT) & COLLATERAL_MASK;
}

/// @notice Version of the terms whose treasury the lease pays.
function treasuryVersion(LeaseHistory history) pure returns (uint16) {
    return uint16(LeaseHistory.unwrap(history) >> TREASURY_SHIFT);
}
