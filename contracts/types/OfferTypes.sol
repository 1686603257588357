// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {OfferId} from "./Ids.sol";

/// @notice What one unit of an offer consists of, or what a tenant requires of one unit.
/// @dev 200 bits. In an offer `region` 0 means undisclosed; in a requirement it means any.
struct Resources {
    uint32 cpu; // thousandths of a virtual CPU
    uint32 memoryMiB;
    uint32 diskGiB;
    uint32 bandwidthMbps;
    uint16 gpuClass; // model; its two highest bits are the collateral tier
    uint8 gpuCount;
    uint16 region;
    uint32 attributes; // bit flags; a requirement's flags must all be set in the offer
}

/// @notice Everything about an offer that opening a lease reads: four storage slots.
struct OfferCore {
    // slot 0
    address provider;
    uint32 capacity; // units that may be leased at the same time
    uint32 used; // units in leases that are pending or active
    uint32 leaseCount; // leases ever opened on this offer
    // slot 1
    Resources resources;
    // slot 2
    uint24 minDuration; // seconds that are paid for at least once activated, at most 24 h
    uint32 maxDuration; // seconds
    address token; // payment token
    bool retired;
    // slot 3
    uint128 pricePerSecondX32; // base units of `token` per unit-second, times 2^32
}

/// @notice An offer: the core and what only people, councils and later modules read.
struct Offer {
    OfferCore core;
    address slasher; // slashing module that the provider accepts for leases of this offer; zero: none
    bytes32 contentHash; // of the full description and terms
}

/// @notice What a provider fixes for good when it creates an offer.
struct OfferTerms {
    Resources resources;
    uint24 minDuration; // seconds, at most 24 h
    uint32 maxDuration; // seconds
    address token;
    address slasher;
    bytes32 contentHash;
}

/// @notice One offer that a tenant would take, and the highest price at which it would.
struct Candidate {
    OfferId offer;
    uint128 maxPricePerSecondX32;
}

/// @notice What a tenant asks the market for.
struct Order {
    address token; // payment token
    uint32 units;
    uint32 duration; // seconds
    uint120 maxLock; // most that may be locked for the lease, bounty included, in base units
    Resources requirement; // of each unit
    Candidate[] candidates; // in order of preference: the first that fits is taken
}

/// @notice Why a candidate cannot serve an order.
enum MisfitReason {
    None,
    UnknownOffer, // available: offers created so far; required: the offer asked for
    OtherToken, // available: the offer's token as a number; required: the order's
    Retired,
    PriceTooHigh, // available: the order's highest price; required: the offer's price
    RequirementUnmet,
    DurationOutOfBounds, // available: the bound that is broken, seconds; required: the order's duration
    CapacityShort, // available: units left; required: units asked
    LockTooSmall, // available: what would be locked; required: the token's governed minimum
    LockTooLarge, // available: the order's highest lock; required: what would be locked
    ProviderDark,
    BondShort // available: the provider's free bond; required: the collateral of the lease
}

/// @notice A candidate that did not fit, and by how much.
struct Misfit {
    OfferId offer;
    MisfitReason reason;
    uint256 available;
    uint256 required;
}
