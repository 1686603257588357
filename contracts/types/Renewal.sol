// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {LeaseId} from "./Ids.sol";

/// @notice A renewal as a tenant ordered it.
struct Renewal {
    LeaseId leaseId;
    uint32 period; // seconds that the end moves by, at least an hour
    uint128 maxPricePerSecondX32; // per unit-second, base units times 2^32
    uint96 maxBounty; // for whoever renews, base units
    uint8 transfers; // how often the lease had been transferred when its tenant ordered: another number voids the order
}
