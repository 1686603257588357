// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Lease} from "../types/LeaseTypes.sol";

/// @title Claim tail
/// @notice How long the collateral of a closed lease stays: as long after its end as the lease lived, at least an hour
/// and at most seven days.
library ClaimTail {
    uint32 private constant _LEAST = 1 hours;
    uint32 private constant _MOST = 7 days;

    /// @notice When the claim tail of a closed lease ends. Its duration is what it lived.
    function endsAt(Lease memory lease) internal pure returns (uint40) {
        uint32 tail = lease.duration;
        if (tail < _LEAST) tail = _LEAST;
        if (tail > _MOST) tail = _MOST;
        return lease.since + lease.duration + tail;
    }
}
