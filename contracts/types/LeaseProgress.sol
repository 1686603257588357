// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {EndReason, LeaseStatus} from "./LeaseTypes.sol";

/// @notice Slot 1 of a lease: written when it opens, at activation, at each settlement, when a claim is filed, and when
/// its rate or terms change. From the low end:
///
///     bits 0-127    rate: base units per second, times 2^32
///     bits 128-167  pending: opened at; later: started at
///     bits 168-199  mark. Pending: activation window, s; active: dark seconds of its provider at the start; closed:
///                   seconds billed at the present rate
///     bits 200-231  seconds billed at the present rate whose earnings the provider was paid, or a claim holds
///     bits 232-246  fee, basis points
///     bit  247      claimed: a claim was filed on it or a service credit taken, see `LeaseClaims`
///     bits 248-250  status
///     bits 251-254  reason of its end
///     bit  255      settled: closed, and everything it earned was collected
type LeaseProgress is uint256;

using {rate, since, mark, paidSeconds, feeBps, claimed, status, reason, settled} for LeaseProgress global;
using {
    activated,
    withPaidSeconds,
    withRate,
    withFeeBps,
    asClaimed,
    ended,
    withSettled,
    released
} for LeaseProgress global;

uint256 constant SINCE_SHIFT = 128;
uint256 constant MARK_SHIFT = 168;
uint256 constant PAID_SHIFT = 200;
uint256 constant FEE_SHIFT = 232;
uint256 constant FEE_MASK = (1 << 15) - 1;
uint256 constant CLAIMED_BIT = 1 << 247;
uint256 constant STATUS_SHIFT = 248;
uint256 constant REASON_SHIFT = 251;
uint256 constant SETTLED_SHIFT = 255;
uint256 constant STATUS_MASK = 7;
uint256 constant REASON_MASK = 15;

/// @notice A pending lease.
function toPendingLease(
    uint128 ratePerSecondX32,
    uint40 openedAt,
    uint32 activationWindow,
    uint16 feeBps_
) pure returns (LeaseProgress) {
    return
        LeaseProgress.wrap(
            ratePerSecondX32 |
                (uint256(openedAt) << SINCE_SHIFT) |
                (uint256(activationWindow) << MARK_SHIFT) |
                (uint256(feeBps_) << FEE_SHIFT) |
                (uint256(LeaseStatus.Pending) << STATUS_SHIFT)
        );
}

/// @notice Base units per second, times 2^32, of all units together.
function rate(LeaseProgress progress) pure returns (uint128) {
    return uint128(LeaseProgress.unwrap(progress));
}

/// @notice Pending: opened at; later: started at.
function since(LeaseProgress progress) pure returns (uint40) {
    return uint40(LeaseProgress.unwrap(progress) >> SINCE_SHIFT);
}

/// @notice Seconds, of what depends on the status: see `LeaseProgress`.
function mark(LeaseProgress progress) pure returns (uint32) {
    return uint32(LeaseProgress.unwrap(progress) >> MARK_SHIFT);
}

/// @notice Billed seconds whose earnings the provider was paid, or a claim holds.
function paidSeconds(LeaseProgress progress) pure returns (uint32) {
    return uint32(LeaseProgress.unwrap(progress) >> PAID_SHIFT);
}

/// @notice Fee on what the lease earns, basis points.
function feeBps(LeaseProgress progress) pure returns (uint16) {
    return uint16((LeaseProgress.unwrap(progress) >> FEE_SHIFT) & FEE_MASK);
}

/// @notice Whether a claim was filed on it or a service credit taken.
function claimed(LeaseProgress progress) pure returns (bool) {
    return LeaseProgress.unwrap(progress) & CLAIMED_BIT != 0;
}

/// @notice Where the lease stands.
function status(LeaseProgress progress) pure returns (LeaseStatus) {
    return LeaseStatus((LeaseProgress.unwrap(progress) >> STATUS_SHIFT) & STATUS_MASK);
}

/// @notice Why it ended.
function reason(LeaseProgress progress) pure returns (EndReason) {
    return EndReason((LeaseProgress.unwrap(progress) >> REASON_SHIFT) & REASON_MASK);
}

/// @notice Whether it is closed and everything it earned was collected, the fee included.
function settled(LeaseProgress progress) pure returns (bool) {
    return LeaseProgress.unwrap(progress) >> SETTLED_SHIFT != 0;
}

/// @notice pending -> active.
function activated(LeaseProgress progress, uint40 startedAt, uint32 darkSeconds) pure returns (LeaseProgress) {
    uint256 word = _with(LeaseProgress.unwrap(progress), SINCE_SHIFT, type(uint40).max, startedAt);
    word = _with(word, MARK_SHIFT, type(uint32).max, darkSeconds);
    return LeaseProgress.wrap(_with(word, STATUS_SHIFT, STATUS_MASK, uint256(LeaseStatus.Active)));
}

/// @notice The same, paid for more seconds.
function withPaidSeconds(LeaseProgress progress, uint32 paidSeconds_) pure returns (LeaseProgress) {
    return LeaseProgress.wrap(_with(LeaseProgress.unwrap(progress), PAID_SHIFT, type(uint32).max, paidSeconds_));
}

/// @notice The same at another rate, nothing of which is paid yet.
function withRate(LeaseProgress progress, uint128 ratePerSecondX32) pure returns (LeaseProgress) {
    uint256 word = LeaseProgress.unwrap(withPaidSeconds(progress, 0)) & ~uint256(type(uint128).max);
    return LeaseProgress.wrap(word | ratePerSecondX32);
}

/// @notice The same with another fee.
function withFeeBps(LeaseProgress progress, uint16 feeBps_) pure returns (LeaseProgress) {
    return LeaseProgress.wrap(_with(LeaseProgress.unwrap(progress), FEE_SHIFT, FEE_MASK, feeBps_));
}

/// @notice The same, claimed: its claims count from now on.
function asClaimed(LeaseProgress progress) pure returns (LeaseProgress) {
    return LeaseProgress.wrap(LeaseProgress.unwrap(progress) | CLAIMED_BIT);
}

/// @notice pending -> cancelled, or active -> closed with its billed seconds.
function ended(
    LeaseProgress progress,
    LeaseStatus status_,
    EndReason reason_,
    uint32 billedSeconds
) pure returns (LeaseProgress) {
    uint256 word = _with(LeaseProgress.unwrap(progress), MARK_SHIFT, type(uint32).max, billedSeconds);
    word = _with(word, STATUS_SHIFT, STATUS_MASK, uint256(status_));
    return LeaseProgress.wrap(word | (uint256(reason_) << REASON_SHIFT));
}

/// @notice The same, closed and paid for all of its billed seconds, the fee taken.
function withSettled(LeaseProgress progress) pure returns (LeaseProgress) {
    return
        LeaseProgress.wrap(
            LeaseProgress.unwrap(withPaidSeconds(progress, mark(progress))) | (uint256(1) << SETTLED_SHIFT)
        );
}

/// @notice closed -> released.
function released(LeaseProgress progress) pure returns (LeaseProgress) {
    return
        LeaseProgress.wrap(
            _with(LeaseProgress.unwrap(progress), STATUS_SHIFT, STATUS_MASK, uint256(LeaseStatus.Released))
        );
}

/// @dev `word` with the field at `shift` set to `value`, which is not more than `mask`.
function _with(uint256 word, uint256 shift, uint256 mask, uint256 value) pure returns (uint256) {
    return (word & ~(mask << shift)) | (value << shift);
}
