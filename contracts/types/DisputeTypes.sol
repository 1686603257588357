// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {DisputeId} from "./Ids.sol";

/// @notice What a provider is accused of. Each class costs a governed fraction of the lease's collateral.
enum FaultClass {
    Unserved, // the machine was not reachable, or did not work, while heartbeats said that it was served
    ShortOfTerms, // it was less than the offer promises, in resources, place or attributes
    DataLost, // the tenant's data was lost or altered
    DataExposed // the tenant's data or keys were read or handed on
}

/// @notice How a claim ends. Ordered by what it is worth to the claimant, the best first.
enum Outcome {
    None,
    Upheld, // the lease is punished, held earnings return to the tenant
    Failed, // nobody proved anything: bonds return, held earnings go on to the provider
    Rejected // the claim bond is the provider's, held earnings go on to it
}

/// @notice Where a dispute stands. What a deadline that passed brings is not stored before somebody executes it.
enum DisputePhase {
    Filed, // the provider may answer, or concede
    Answered, // the council rules
    Decided, // by the council; either side may appeal
    Appealed, // the appeal authority may decide
    Final, // nothing can change the outcome any more
    Executed, // the market did what the outcome says
    Settled // the bonds are paid out, too
}

/// @notice A council member's part in a dispute.
enum Vote {
    None,
    Uphold,
    Reject,
    Recused, // stays in the denominator
    Paid // voted, and took its share of the filing fee
}

/// @notice What was posted in a dispute, and from where, in bits:
///
///     bit 0  the provider answered
///     bit 1  a party of the case was a council member when the claim was filed
///     bit 2  the counter-bond is reserved of the provider's bond
///     bit 3  the provider appealed
///     bit 4  the appeal bond is reserved of the appellant's bond
type Postings is uint8;

using {
    answered,
    amongMembers,
    answerReserved,
    providerAppealed,
    appealReserved,
    withAnswer,
    withAppeal
} for Postings global;

/// @notice Whether the provider answered.
function answered(Postings postings) pure returns (bool) {
    return Postings.unwrap(postings) & 1 != 0;
}

/// @notice Whether a party of the case was a council member when the claim was filed.
function amongMembers(Postings postings) pure returns (bool) {
    return Postings.unwrap(postings) & 2 != 0;
}

/// @notice Whether the counter-bond is reserved of what the provider bonded with the disputes, and not held by them.
function answerReserved(Postings postings) pure returns (bool) {
    return Postings.unwrap(postings) & 4 != 0;
}

/// @notice Whether the provider appealed. Where somebody did and it did not, the claimant did.
function providerAppealed(Postings postings) pure returns (bool) {
    return Postings.unwrap(postings) & 8 != 0;
}

/// @notice Whether the appeal bond is reserved of what the appellant bonded with the disputes, and not held by them.
function appealReserved(Postings postings) pure returns (bool) {
    return Postings.unwrap(postings) & 16 != 0;
}

/// @notice The same with the provider's answer.
function withAnswer(Postings postings, bool amongMembers_, bool reserved) pure returns (Postings) {
    return Postings.wrap(Postings.unwrap(postings) | 1 | (amongMembers_ ? 2 : 0) | (reserved ? 4 : 0));
}

/// @notice The same with an appeal.
function withAppeal(Postings postings, bool byProvider, bool reserved) pure returns (Postings) {
    return Postings.wrap(Postings.unwrap(postings) | (byProvider ? 8 : 0) | (reserved ? 16 : 0));
}

/// @notice One of the two sides of a dispute.
enum Side {
    None,
    Claimant,
    Provider
}

/// @notice A claim as it was filed. One storage slot.
struct Claim {
    uint112 held; // earnings that wait for the outcome, base units of the lease's token; none for a challenger
    uint56 collateral; // of the lease that the fault counts on, millionths of a HOLD
    uint40 filedAt; // 0: none was filed
    uint24 faultAge; // seconds from the start of the fault to `filedAt`
    uint16 rules; // version that it was filed under
    FaultClass faultClass;
}

/// @notice What happened to a claim since. One storage slot, all zero for a tenant's claim that was just filed.
struct Proceeding {
    address tenant; // of the lease when the claim was filed, where that was not the claimant
    uint40 since; // when the present phase began; 0 in phase Filed
    uint8 eligible; // members who may vote: the denominator
    uint8 upholds; // votes
    uint8 rejects; // votes
    DisputePhase phase;
    Outcome outcome; // from phase Decided on
    Postings postings;
    Side appealBondTo; // who gets the appeal bond as things stand; None: nobody appealed
}

/// @notice What the appeal authority decides about one claim.
struct Decision {
    DisputeId disputeId;
    uint40 filedAt; // of the claim that is meant: the dispute's next one is another
    Outcome outcome;
}

/// @notice A dispute as it is stored.
struct Dispute {
    Claim claim;
    Proceeding proceeding;
}

/// @notice What disputes are filed under. Two storage slots, never overwritten.
struct Rules {
    address appealAuthority; // hears appeals
    uint48 bondFloor; // least bond, millionths of a HOLD; a bond is never more than the collateral
    uint48 filingFee; // millionths of a HOLD, at most the floor
    address treasury; // gets filing fees that no member earned
    uint16 unservedBps; // fraction of the collateral, by class
    uint16 shortOfTermsBps;
    uint16 dataLostBps;
    uint16 dataExposedBps;
}
