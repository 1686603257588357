// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice What a lease takes with it from the day it was opened or renewed (INV-LSE-9). Two storage slots, never
/// overwritten.
struct Terms {
    address treasury; // escrow account that fees go to, and payee of its part of penalties
    uint16 feeBps; // of what the provider earned; at most 1,000
    uint16 toleranceBps; // of the time since start that may be dark; at most 1,000
    uint16 noShowBps; // of the collateral; at most 2,500
    uint24 noticePeriod; // seconds, 1 h to 30 d
    uint24 activationWindow; // seconds, 5 min to 24 h
    uint32 creditPeriod; // seconds of darkness beyond the allowance that all of the collateral is the credit for
}

/// @notice HOLD collateral per resource, in millionths of a HOLD (1e12 wei).
struct Weights {
    uint32 cpu; // per thousandth of a virtual CPU
    uint32 memoryMiB;
    uint32 diskGiB;
    uint32 bandwidthMbps;
    uint32 gpuTier0; // per GPU whose class has the two highest bits 00
    uint32 gpuTier1; // ... 01
    uint32 gpuTier2; // ... 10
    uint32 gpuTier3; // ... 11
}

/// @notice Weights as they are stored: one slot, the fields of `Weights` in their order from the low end.
type PackedWeights is uint256;

/// @notice A payment token as governance lists it, now. One storage slot.
struct TokenTerms {
    uint112 minimumLock; // least that a lease may lock, base units
    uint96 bounty; // locked by each lease, for whoever expires it; at most `minimumLock`
    uint16 number; // of the token, from 1, for good; 0: never listed
    uint16 listing; // number of its present listing
    bool listed;
}

/// @notice A token as it was listed once. One storage slot, never overwritten: leases name it (INV-LSE-9).
struct Listing {
    address token;
    uint96 bounty; // base units
}
