// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Claim tail
/// @notice How long the collateral of a closed lease stays: as long after its end as the lease lived, at least an hour
/// and at most seven days; and how long a claim may stay open.
library ClaimTail {
    /// @notice Shortest claim tail, seconds.
    uint32 internal constant MIN_TAIL = 1 hours;
    /// @notice Longest claim tail, seconds.
    uint32 internal constant MAX_TAIL = 7 days;
    /// @notice Seconds that a claim may stay open. One that its slashing module has not ended by then ends as not
    /// upheld, so no module keeps a lease's money and collateral for longer (INV-LSE-11).
    uint40 internal constant CLAIM_LIFE = 60 days;

    /// @notice When the claim tail of a lease ends that started at `start` and lived for `lived` seconds.
    function endsAt(uint40 start, uint32 lived) internal pure returns (uint40) {
        uint32 tail = lived;
        if (tail < MIN_TAIL) tail = MIN_TAIL;
        if (tail > MAX_TAIL) tail = MAX_TAIL;
        return start + lived + tail;
    }

    /// @notice From when on anyone may end a claim that was filed at `filedAt`.
    function lapsesAt(uint40 filedAt) internal pure returns (uint40) {
        return filedAt + CLAIM_LIFE;
    }
}
