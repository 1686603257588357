// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice Number of an offer: 1, 2, 3 ... in the order of creation. 0 is no offer.
type OfferId is uint64;

/// @notice Identity of a lease: the offer it was opened on and its number under that offer, written `7-12` for people.
/// @dev Layout: offer number (64 bits) << 32 | number of the lease under the offer, from 1 (32 bits).
type LeaseId is uint96;

/// @notice Identity of a dispute: the lease that it is about and who claims. A claimant has one open claim on a lease
/// at a time, so that a dispute needs no other number; the next one of the same claimant takes its place.
/// @dev Layout: lease (96 bits) << 160 | claimant (160 bits).
type DisputeId is uint256;

using {toLeaseId} for OfferId global;
using {offerOf, indexOf} for LeaseId global;
using {leaseOf, claimantOf} for DisputeId global;

/// @notice Lease `index` of offer `offerId`.
function toLeaseId(OfferId offerId, uint32 index) pure returns (LeaseId) {
    return LeaseId.wrap((uint96(OfferId.unwrap(offerId)) << 32) | index);
}

/// @notice The offer that a lease was opened on.
function offerOf(LeaseId leaseId) pure returns (OfferId) {
    // The shift leaves 64 bits, so nothing is cut off.
    return OfferId.wrap(uint64(LeaseId.unwrap(leaseId) >> 32));
}

/// @notice The number of a lease under its offer, from 1.
function indexOf(LeaseId leaseId) pure returns (uint32) {
    // Keeps the lower 32 bits on purpose.
    return uint32(LeaseId.unwrap(leaseId));
}

/// @notice The dispute of `claimant` about a lease.
function toDisputeId(LeaseId leaseId, address claimant) pure returns (DisputeId) {
    return DisputeId.wrap((uint256(LeaseId.unwrap(leaseId)) << 160) | uint160(claimant));
}

/// @notice The lease that a dispute is about.
function leaseOf(DisputeId disputeId) pure returns (LeaseId) {
    // The shift leaves 96 bits, so nothing is cut off.
    return LeaseId.wrap(uint96(DisputeId.unwrap(disputeId) >> 160));
}

/// @notice Who filed the claim.
function claimantOf(DisputeId disputeId) pure returns (address) {
    // Keeps the lower 160 bits on purpose.
    return address(uint160(DisputeId.unwrap(disputeId)));
}
