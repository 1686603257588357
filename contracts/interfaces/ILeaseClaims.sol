// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {LeaseId} from "../types/Ids.sol";

/// @title Claims on leases: what a slashing module may ask of the market
/// @notice The module is the one that the lease's offer has named since it was created: its provider accepted it, its
/// tenant leased under it. It reaches what is left of that lease's collateral, and the earnings of that lease that nobody
/// collected yet; nothing else (INV-STK-2, INV-DSP-2). While a claim is open the collateral stays reserved, and nothing
/// else about the lease is stopped.
///
/// What a module may move was recorded under the lease and the claimant when the claim was opened, and nothing that the
/// module tells later counts but the verdict itself (INV-DSP-4): the module says which claim ends, whether it is upheld, and
/// which fraction of the collateral that is worth. A claim that its module leaves open for `CLAIM_LIFE` can be ended by
/// anyone, as not upheld (INV-LSE-11).
interface ILeaseClaims {
    /// @notice What a claim was filed on.
    struct Accused {
        address tenant; // of the lease now
        address provider;
        uint256 collateral; // that the fault counts on, millionths of a HOLD, penalties not taken off
        uint256 held; // earnings that wait for the verdict, base units; none for a claimant who is not the tenant
    }

    /// @notice An open claim, as it was recorded when it was filed.
    struct ClaimView {
        address tenant; // of the lease then
        uint256 held; // base units that wait in the tenant's lock
        uint256 collateral; // that the fault counts on, wei of HOLD
        uint256 filedAt; // 0: no such claim is open
        uint256 faultStart;
        uint256 feeBps; // that the held earnings were earned at
    }

    /// @notice `claimant` claims a fault of the lease that began at `faultStart`. `held` of its earnings wait for the
    /// verdict: the provider counts as paid for `paidSeconds` billed seconds now, and `fee` of the fee left the lease with
    /// them. The fault counts on `collateral` wei of HOLD.
    event ClaimOpened(
        LeaseId indexed leaseId,
        address indexed claimant,
        address indexed slasher,
        uint256 faultStart,
        uint256 held,
        uint256 fee,
        uint256 paidSeconds,
        uint256 collateral
    );

    /// @notice A claim ended. Held earnings went back to the claimant where it was upheld; otherwise to the provider, but
    /// for `fee`, which is the treasury's. `penalty` of the collateral was taken; for faults that began before `coveredUntil`
    /// `punished` was taken in all (both in wei of HOLD).
    event ClaimEnded(
        LeaseId indexed leaseId,
        address indexed claimant,
        bool upheld,
        uint256 held,
        uint256 fee,
        uint256 penalty,
        uint256 punished,
        uint256 coveredUntil
    );

    /// @notice Only the slashing module that the lease's offer names may do this.
    error MarketNotSlasher(LeaseId leaseId, address slasher, address caller);

    /// @notice The lease is neither active nor closed.
    error MarketNotClaimable(LeaseId leaseId);

    /// @notice Claims were possible until the claim tail of the lease ended.
    error MarketTooLateToClaim(LeaseId leaseId, uint256 deadline, uint256 now);

    /// @notice A fault begins while its lease lives and at most seven days ago: not before `least`, and before `end`.
    error MarketFaultOutOfBounds(LeaseId leaseId, uint256 faultStart, uint256 least, uint256 end);

    /// @notice As many claims are open on the lease as fit.
    error MarketTooManyClaims(LeaseId leaseId);

    /// @notice The claimant has an open claim on the lease.
    error MarketClaimOpen(LeaseId leaseId, address claimant);

    /// @notice The claimant has no open claim on the lease.
    error MarketNoOpenClaim(LeaseId leaseId, address claimant);

    /// @notice The slashing module may still end the claim; anyone may from `lapsesAt` on.
    error MarketClaimNotLapsed(LeaseId leaseId, address claimant, uint256 lapsesAt, uint256 now);

    /// @notice Opens a claim on an active lease, or on a closed one whose claim tail has not ended. Where the claimant is
    /// the tenant, what was earned from the start of the fault on and is not collected waits for the verdict, in the
    /// tenant's own lock: min(uncollected, earned since the fault began), in whole seconds; later earnings flow. The fault
    /// counts on no more collateral than the lease had when it began. For the slashing module of the lease's offer.
    function openClaim(LeaseId leaseId, address claimant, uint40 faultStart) external returns (Accused memory);

    /// @notice Ends the claim of `claimant`, by its record. Upheld: held earnings return to the claimant; `fractionBps` of the
    /// recorded collateral is taken as a penalty, at most all of it, or the difference to what was taken for the last fault that
    /// was punished in full, where this one began before the claim about that was filed. Less than 1 % is not upheld. Never more than is left; until the lease is settled, a quarter
    /// of the collateral stays for the service credit. Otherwise held earnings go on to the provider, less the fee. A claim
    /// that lapsed is not upheld, and nothing happens where it was ended. For the slashing module of the lease's offer.
    /// @return penalty wei of HOLD.
    function endClaim(
        LeaseId leaseId,
        address claimant,
        uint256 fractionBps,
        bool upheld
    ) external returns (uint256 penalty);

    /// @notice Ends a claim as not upheld, once it has been open for `CLAIM_LIFE`. For anyone.
    function lapseClaim(LeaseId leaseId, address claimant) external;

    /// @notice The open claim of `claimant` on a lease; all zero where there is none.
    function claimOf(LeaseId leaseId, address claimant) external view returns (ClaimView memory);

    /// @notice Seconds that a claim may stay open, 60 days: longer than any dispute.
    function CLAIM_LIFE() external view returns (uint40);

    /// @notice Provider of lease `leaseId`: its offer's; zero where there is none.
    function providerOf(LeaseId leaseId) external view returns (address);
}
