// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {LeaseClaims} from "./LeaseClaims.sol";
import {LeaseHistory} from "./LeaseHistory.sol";
import {LeaseProgress} from "./LeaseProgress.sol";
import {LeaseTerms} from "./LeaseTerms.sol";

/// @notice A lease as it is stored: two slots, a third where it changed, and a fourth where somebody claimed or a
/// credit was taken. Everything else about it follows from its offer and the versions it names.
/// @dev Amounts are never stored: what was earned, paid, still locked and refunded are functions of the rate and of
/// whole seconds. So no token is too dear for the layout, and settling often pays what settling once pays (INV-LSE-3).
struct Lease {
    LeaseTerms terms;
    LeaseProgress progress;
    LeaseHistory history;
    LeaseClaims claims;
}
