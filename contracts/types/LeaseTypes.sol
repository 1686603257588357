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
    Declined, // the provider, before the activation deadline
    ClosedDark, // its tenant, before its end, because its provider was dark beyond the allowance
    ExpiredAfterNotice, // anyone, from the end that its provider's notice set
    ClosedAfterFault // its tenant, before its end, after a claim on it was upheld
}
