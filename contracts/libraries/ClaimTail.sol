// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Claim tail
/// @notice How long the collateral of a closed lease stays: as long after its end as the lease lived, at least an hour
/// and at most seven days.
library ClaimTail {
    uint32 private constant _LEAST = 1 hours;
    uint32 private constant _MOST = 7 days;

    /// @notice When the claim tail of a lease ends that started at `start` and lived for `lived` seconds.
    function endsAt(uint40 start, uint32 lived) internal pure returns (uint40) {
        uint32 tail = lived;
        if (tail < _LEAST) tail = _LEAST;
        if (tail > _MOST) tail = _MOST;
        return start + lived + tail;
    }
}
