// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice Slot 2 of a lease, written only when its rate, its collateral or its terms change. From the low end:
///
///     bits 0-31     fraction of a base unit that was earned before the present rate and not paid, times 2^32
///     bits 32-45    fee remainder: fee on what was paid that was less than a base unit, ten-thousandths of one
///     bits 46-77    anchor: seconds from the start to the moment when the present rate began
///     bits 78-109   dark seconds of the provider from the start to the anchor
///     bits 110-161  collateral, in millionths of a HOLD (1e12 wei)
///     bits 162-177  version of the terms whose treasury the lease pays: the one that it was opened with
///     bits 178-229  collateral before it grew, in millionths of a HOLD, see `grownFrom`
///     bits 230-249  seconds from its last growth to the anchor; the largest value: it never grew, or longer ago
///     bit  250      lagging: a shrink left more reserved than the units need, until no claim is open
///     bits 251-255  nothing
///
/// While a lease's terms do not say `changed`, the slot means nothing: nothing is carried over, the anchor is the
/// start, the collateral follows from weights, resources and units, and the treasury is that of the lease's version.
type LeaseHistory is uint256;

using {
    fraction,
    feeRemainder,
    anchorOffset,
    darkBefore,
    collateralUnits,
    treasuryVersion,
    grownFrom,
    grownAgo,
    lagging,
    withCollateral
} for LeaseHistory global;

uint256 constant FRACTION_MASK = type(uint32).max;
uint256 constant REMAINDER_SHIFT = 32;
uint256 constant REMAINDER_MASK = (1 << 14) - 1;
uint256 constant ANCHOR_SHIFT = 46;
uint256 constant DARK_SHIFT = 78;
uint256 constant COLLATERAL_SHIFT = 110;
uint256 constant COLLATERAL_MASK = (1 << 52) - 1;
uint256 constant TREASURY_SHIFT = 162;
uint256 constant GROWN_FROM_SHIFT = 178;
uint256 constant GROWN_AGO_SHIFT = 230;
uint256 constant GROWN_AGO_MASK = (1 << 20) - 1;
uint256 constant LAGGING_BIT = 1 << 250;

/// @notice What a history says, before it is packed. Each field is within the bits of the word.
struct HistoryFields {
    uint256 fraction;
    uint256 feeRemainder;
    uint256 anchorOffset; // seconds
    uint256 darkBefore; // seconds
    uint256 collateral; // millionths of a HOLD
    uint256 treasuryVersion;
    uint256 grownFrom; // millionths of a HOLD
    uint256 grownAgo; // seconds
    bool lagging;
}

/// @notice A history.
function toLeaseHistory(HistoryFields memory fields) pure returns (LeaseHistory) {
    return
        LeaseHistory.wrap(
            fields.fraction |
                (fields.feeRemainder << REMAINDER_SHIFT) |
                (fields.anchorOffset << ANCHOR_SHIFT) |
                (fields.darkBefore << DARK_SHIFT) |
                (fields.collateral << COLLATERAL_SHIFT) |
                (fields.treasuryVersion << TREASURY_SHIFT) |
                (fields.grownFrom << GROWN_FROM_SHIFT) |
                (fields.grownAgo << GROWN_AGO_SHIFT) |
                (fields.lagging ? LAGGING_BIT : 0)
        );
}

/// @notice Part of a base unit that the lease earned before its present rate and was not paid, times 2^32.
function fraction(LeaseHistory history) pure returns (uint256) {
    return LeaseHistory.unwrap(history) & FRACTION_MASK;
}

/// @notice Part of a base unit of fee on what was paid before, in ten-thousandths.
function feeRemainder(LeaseHistory history) pure returns (uint256) {
    return (LeaseHistory.unwrap(history) >> REMAINDER_SHIFT) & REMAINDER_MASK;
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

/// @notice Collateral before the last growth, millionths of a HOLD. Where each of several growths came within seven
/// days of the one before, it is the least of their figures. A fault that began before the last growth counts on no
/// more than this.
function grownFrom(LeaseHistory history) pure returns (uint256) {
    return (LeaseHistory.unwrap(history) >> GROWN_FROM_SHIFT) & COLLATERAL_MASK;
}

/// @notice Seconds from the last growth of the collateral to the anchor; `GROWN_AGO_MASK`: it never grew, or longer
/// ago.
function grownAgo(LeaseHistory history) pure returns (uint256) {
    return (LeaseHistory.unwrap(history) >> GROWN_AGO_SHIFT) & GROWN_AGO_MASK;
}

/// @notice Whether a shrink left more collateral reserved than the units need, because a claim was open.
function lagging(LeaseHistory history) pure returns (bool) {
    return LeaseHistory.unwrap(history) & LAGGING_BIT != 0;
}

/// @notice The same with another collateral, and no longer lagging.
function withCollateral(LeaseHistory history, uint256 units) pure returns (LeaseHistory) {
    uint256 rest = LeaseHistory.unwrap(history) & ~((COLLATERAL_MASK << COLLATERAL_SHIFT) | LAGGING_BIT);
    return LeaseHistory.wrap(rest | (units << COLLATERAL_SHIFT));
}
