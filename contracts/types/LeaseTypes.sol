// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice Where a lease stands. States never go back (INV-LSE-5).
enum LeaseStatus {
    None,
    Pending, // opened and fully funded; not billed yet
    Active, // billed by the live second
    Closed, // ended; collateral still backs claims, earnings may wait for collection
    Cancelled, // ended before activation; nothing was billed
    Released // closed, collected and collateral returned: nothing is left in it
}

/// @notice By whom and why a lease ended.
enum EndReason {
    None,
    ClosedByTenant, // its tenant, before its end
    Expired, // anyone, from its end on
    CancelledByTenant, // its tenant, from the activation deadline on
    NoShow, // anyone, when only cancelling was left
    Declined // the provider's operator, before the activation deadline
}

/// @notice A lease: two storage slots. Everything else about it follows from its offer and its parameter versions.
/// @dev Amounts are never stored: what was earned, paid, still locked and refunded are functions of the rate and of
/// whole seconds, so no token is too dear for the layout and settling often pays what settling once pays (INV-LSE-3).
struct Lease {
    // slot 0: written at open, once more when the tenant closes
    address tenant;
    uint32 duration; // seconds from start to end
    uint32 units;
    uint16 termsVersion; // of fee, tolerance, notice, penalties, weights, treasury
    uint16 tokenVersion; // of the token's bounty
    // slot 1: written at open, at activation, at each settlement
    uint128 ratePerSecondX32; // base units per second, times 2^32
    uint40 since; // pending: opened at; later: started at
    uint32 mark; // pending: activation window, s; active: provider's dark seconds at start; closed: billed seconds
    uint32 paidSeconds; // billed seconds whose earnings the provider was paid
    LeaseStatus status;
    EndReason reason;
    bool settled; // closed and everything earned was collected, the fee included
}
