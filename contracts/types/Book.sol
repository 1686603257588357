// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ClaimRecord} from "./ClaimRecord.sol";
import {LeaseId, OfferId} from "./Ids.sol";
import {Lease} from "./Lease.sol";
import {Offer} from "./OfferTypes.sol";
import {Listing, PackedWeights, Terms, TokenTerms} from "./Parameters.sol";

/// @notice What every entry reads of the market, in one slot.
struct Current {
    uint16 termsVersion;
    uint16 feeBps; // of that version
    uint24 activationWindow; // of that version, seconds
    uint40 pausedUntil;
    uint64 offerCount;
    uint16 tokenCount;
    uint16 listingCount;
}

/// @notice The state of a market, in one place so that linked libraries can work on it.
struct Book {
    Current current;
    mapping(OfferId offerId => Offer offer) offers;
    mapping(LeaseId leaseId => Lease lease) leases;
    mapping(LeaseId leaseId => address recipient) transfers; // offered and not yet accepted
    mapping(uint16 version => Terms terms) terms;
    mapping(uint16 version => PackedWeights weights) weights;
    mapping(uint16 listing => Listing entry) listings;
    mapping(address token => TokenTerms terms) tokenTerms;
    mapping(uint16 number => address token) tokens;
    mapping(LeaseId leaseId => mapping(address claimant => ClaimRecord record)) claims; // that are open
    /// @dev Tenants who handed a lease on while a claim was open, by how often it had been transferred before.
    mapping(LeaseId leaseId => mapping(uint8 transfers => address tenant)) formerTenants;
}
