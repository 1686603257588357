// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {OfferId} from "./Ids.sol";
import {OfferState} from "./OfferState.sol";
import {OfferTraits} from "./OfferTraits.sol";
import {Resources} from "./Resources.sol";

/// @notice An offer as it is stored: opening a lease reads the first three slots; the last is for renewals.
struct Offer {
    // slot 0
    OfferState state;
    // slot 1
    OfferTraits traits;
    // slot 2
    uint128 pricePerSecondX32; // base units of the token per unit-second, times 2^32
    bool retired;
    bool quotedOnly; // leases are opened on it by signed quotes alone
    uint40 raisedAt; // when its price was last raised; 0: what it costs now counts for renewals, too
    // slot 3
    address slasher; // slashing module that the provider accepts for leases of this offer; zero: none
    // slot 4
    bytes32 contentHash; // of the full description and terms
    // slot 5
    uint128 priceBeforeX32; // what renewals pay until 24 hours after the raise
}

/// @notice What a provider fixes for good when it creates an offer.
struct OfferTerms {
    Resources resources; // of one unit
    uint24 minDuration; // seconds that are paid for at least once activated, at most 24 h
    uint32 maxDuration; // seconds
    address token; // payment token
    address slasher;
    bytes32 contentHash;
}

/// @notice One offer that a tenant would take, and the highest price at which it would. It names the provider, too:
/// after a reorganisation of the chain another provider's offer may have this number.
struct Candidate {
    OfferId offer;
    address provider;
    uint128 maxPricePerSecondX32;
}

/// @notice What a tenant asks the market for.
struct Order {
    address token; // payment token
    uint24 units;
    uint32 duration; // seconds
    uint120 maxLock; // most that may be locked, bounties included, in base units, for all replicas together
    Resources requirement; // of each unit
    Candidate[] candidates; // in order of preference: the first that fit are taken
    uint8 replicas; // leases to open, each on another provider, all or none
    bool distinctRegions; // each replica in another, disclosed region
}

/// @notice Why a candidate cannot serve an order.
enum MisfitReason {
    None,
    OtherToken, // available: the number of the offer's token, 0 where there is no such offer; required: the order's
    Retired,
    PriceTooHigh, // available: the order's highest price; required: the offer's price
    RequirementUnmet, // available: the offer's resources; required: the order's
    DurationOutOfBounds, // available: the bound that is broken, seconds; required: the order's duration
    CapacityShort, // available: units left; required: units asked
    LockTooSmall, // available: what would be locked; required: the token's governed minimum
    LockTooLarge, // available: the order's highest lock; required: what would be locked
    ProviderStale, // not seen within half the grace
    BondShort, // available: the provider's free bond; required: the collateral of the lease
    QuotedOnly, // a signed quote is needed
    SameProvider, // another replica is on it already
    SameRegion, // another replica is in it already, or the region is undisclosed; available: the region
    OtherProvider, // available: the offer's provider; required: the one that the candidate names
    TokenNotListed // told by the lens alone: opening refuses the whole order
}

/// @notice A candidate that did not fit, and by how much.
struct Misfit {
    OfferId offer;
    MisfitReason reason;
    uint256 available;
    uint256 required;
}
