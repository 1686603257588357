// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice An open claim on a lease, kept under the lease and its claimant when it is opened. What happens at its end
/// follows from this and the verdict, whatever else the slashing module says then (INV-DSP-4). From the low end:
///
///     bits 0-119    held: earnings that wait for the verdict, base units, in the claimant's lock
///     bits 120-171  collateral that the fault counts on, in millionths of a HOLD (1e12 wei)
///     bits 172-211  filed at
///     bits 212-231  seconds from the start of the fault to the filing, at most 7 days
///     bits 232-241  fee that the held earnings were earned at, basis points, at most 1,000
///     bits 242-247  how often the lease had been transferred
///     bits 248-255  nothing
///
/// Zero where no claim of that claimant is open.
type ClaimRecord is uint256;

using {held, collateral, filedAt, faultStart, feeBps, transfers, isOpen} for ClaimRecord global;

uint256 constant HELD_MASK = type(uint120).max;
uint256 constant CLAIM_COLLATERAL_SHIFT = 120;
uint256 constant CLAIM_COLLATERAL_MASK = (1 << 52) - 1;
uint256 constant FILED_SHIFT = 172;
uint256 constant AGE_SHIFT = 212;
uint256 constant AGE_MASK = (1 << 20) - 1;
uint256 constant CLAIM_FEE_SHIFT = 232;
uint256 constant CLAIM_FEE_MASK = (1 << 10) - 1;
uint256 constant CLAIM_TRANSFERS_SHIFT = 242;
uint256 constant CLAIM_TRANSFERS_MASK = (1 << 6) - 1;

/// @notice The record of a claim that is filed now. Held earnings are part of a lock, which fits 120 bits.
function toClaimRecord(
    uint256 held_,
    uint256 collateral_,
    uint40 filedAt_,
    uint40 faultStart_,
    uint16 feeBps_,
    uint8 transfers_
) pure returns (ClaimRecord) {
    return
        ClaimRecord.wrap(
            held_ |
                (collateral_ << CLAIM_COLLATERAL_SHIFT) |
                (uint256(filedAt_) << FILED_SHIFT) |
                (uint256(filedAt_ - faultStart_) << AGE_SHIFT) |
                (uint256(feeBps_) << CLAIM_FEE_SHIFT) |
                (uint256(transfers_) << CLAIM_TRANSFERS_SHIFT)
        );
}

/// @notice Base units that wait for the verdict; none of a claimant who was not the tenant.
function held(ClaimRecord record) pure returns (uint256) {
    return ClaimRecord.unwrap(record) & HELD_MASK;
}

/// @notice Collateral that the fault counts on, millionths of a HOLD.
function collateral(ClaimRecord record) pure returns (uint256) {
    return (ClaimRecord.unwrap(record) >> CLAIM_COLLATERAL_SHIFT) & CLAIM_COLLATERAL_MASK;
}

/// @notice Second in which the claim was filed.
function filedAt(ClaimRecord record) pure returns (uint40) {
    return uint40(ClaimRecord.unwrap(record) >> FILED_SHIFT);
}

/// @notice Second in which the fault began.
function faultStart(ClaimRecord record) pure returns (uint40) {
    return filedAt(record) - uint40((ClaimRecord.unwrap(record) >> AGE_SHIFT) & AGE_MASK);
}

/// @notice Fee on the held earnings, basis points.
function feeBps(ClaimRecord record) pure returns (uint16) {
    return uint16((ClaimRecord.unwrap(record) >> CLAIM_FEE_SHIFT) & CLAIM_FEE_MASK);
}

/// @notice How often the lease had been transferred when the claim was filed: who was its tenant then.
function transfers(ClaimRecord record) pure returns (uint8) {
    return uint8((ClaimRecord.unwrap(record) >> CLAIM_TRANSFERS_SHIFT) & CLAIM_TRANSFERS_MASK);
}

/// @notice Whether there is such a claim.
function isOpen(ClaimRecord record) pure returns (bool) {
    return ClaimRecord.unwrap(record) != 0;
}
