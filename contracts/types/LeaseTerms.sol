// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice Slot 0 of a lease: written when it opens, and whenever its end, its units, its terms or its tenant change.
/// From the low end:
///
///     bits 0-159    tenant
///     bits 160-191  duration: seconds from start to end
///     bits 192-215  units
///     bits 216-231  terms version: fee, tolerance, notice, penalties, weights, treasury
///     bits 232-247  number of the token's listing: token and bounty
///     bit  248      changed: its rate, collateral or terms changed since it was opened, see `LeaseHistory`
///     bit  249      noticed: its provider gave notice
///     bits 250-255  how often it was transferred
type LeaseTerms is uint256;

using {tenant, duration, units, termsVersion, listing, changed, noticed, transfers} for LeaseTerms global;
using {withTransfer, withDuration, withUnits, withVersion, withChanged, withNotice} for LeaseTerms global;

uint256 constant DURATION_SHIFT = 160;
uint256 constant UNITS_SHIFT = 192;
uint256 constant VERSION_SHIFT = 216;
uint256 constant LISTING_SHIFT = 232;
uint256 constant CHANGED_BIT = 1 << 248;
uint256 constant NOTICED_BIT = 1 << 249;
uint256 constant TRANSFERS_SHIFT = 250;

/// @notice Terms of a new lease.
function toLeaseTerms(
    address tenant_,
    uint32 duration_,
    uint24 units_,
    uint16 termsVersion_,
    uint16 listing_
) pure returns (LeaseTerms) {
    return
        LeaseTerms.wrap(
            uint160(tenant_) |
                (uint256(duration_) << DURATION_SHIFT) |
                (uint256(units_) << UNITS_SHIFT) |
                (uint256(termsVersion_) << VERSION_SHIFT) |
                (uint256(listing_) << LISTING_SHIFT)
        );
}

/// @notice The tenant.
function tenant(LeaseTerms terms) pure returns (address) {
    return address(uint160(LeaseTerms.unwrap(terms)));
}

/// @notice Seconds from start to end. Of a closed lease: seconds that it lived.
function duration(LeaseTerms terms) pure returns (uint32) {
    return uint32(LeaseTerms.unwrap(terms) >> DURATION_SHIFT);
}

/// @notice Units of the offer that are leased.
function units(LeaseTerms terms) pure returns (uint24) {
    return uint24(LeaseTerms.unwrap(terms) >> UNITS_SHIFT);
}

/// @notice Version of the governed terms that the lease was opened or last renewed under.
function termsVersion(LeaseTerms terms) pure returns (uint16) {
    return uint16(LeaseTerms.unwrap(terms) >> VERSION_SHIFT);
}

/// @notice Number of the listing of its token that the lease was opened with.
function listing(LeaseTerms terms) pure returns (uint16) {
    return uint16(LeaseTerms.unwrap(terms) >> LISTING_SHIFT);
}

/// @notice Whether its rate, collateral or terms changed since it was opened.
function changed(LeaseTerms terms) pure returns (bool) {
    return LeaseTerms.unwrap(terms) & CHANGED_BIT != 0;
}

/// @notice Whether its provider gave notice.
function noticed(LeaseTerms terms) pure returns (bool) {
    return LeaseTerms.unwrap(terms) & NOTICED_BIT != 0;
}

/// @notice How often it was transferred.
function transfers(LeaseTerms terms) pure returns (uint8) {
    return uint8(LeaseTerms.unwrap(terms) >> TRANSFERS_SHIFT);
}

/// @notice The same with another tenant, transferred once more.
/// @dev Reverts at the 64th transfer: the count would run over the word.
function withTransfer(LeaseTerms terms, address tenant_) pure returns (LeaseTerms) {
    uint256 word = LeaseTerms.unwrap(terms) + (1 << TRANSFERS_SHIFT);
    return LeaseTerms.wrap((word & ~uint256(type(uint160).max)) | uint160(tenant_));
}

/// @notice The same under another version of the terms.
function withVersion(LeaseTerms terms, uint16 termsVersion_) pure returns (LeaseTerms) {
    uint256 rest = LeaseTerms.unwrap(terms) & ~(uint256(type(uint16).max) << VERSION_SHIFT);
    return LeaseTerms.wrap(rest | (uint256(termsVersion_) << VERSION_SHIFT));
}

/// @notice The same with other units.
function withUnits(LeaseTerms terms, uint24 units_) pure returns (LeaseTerms) {
    uint256 rest = LeaseTerms.unwrap(terms) & ~(uint256(type(uint24).max) << UNITS_SHIFT);
    return LeaseTerms.wrap(rest | (uint256(units_) << UNITS_SHIFT));
}

/// @notice The same, changed: its history counts from now on.
function withChanged(LeaseTerms terms) pure returns (LeaseTerms) {
    return LeaseTerms.wrap(LeaseTerms.unwrap(terms) | CHANGED_BIT);
}

/// @notice The same with notice given and another duration.
function withNotice(LeaseTerms terms, uint32 duration_) pure returns (LeaseTerms) {
    return LeaseTerms.wrap(LeaseTerms.unwrap(withDuration(terms, duration_)) | NOTICED_BIT);
}

/// @notice The same with another duration.
function withDuration(LeaseTerms terms, uint32 duration_) pure returns (LeaseTerms) {
    uint256 rest = LeaseTerms.unwrap(terms) & ~(uint256(type(uint32).max) << DURATION_SHIFT);
    return LeaseTerms.wrap(rest | (uint256(duration_) << DURATION_SHIFT));
}
