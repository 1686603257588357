// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {LeaseId} from "../types/Ids.sol";

/// @title Claims on leases: what a slashing module may ask of the market
/// @notice The module is the one that the lease's offer has named since it was created: its provider accepted it, its
/// tenant leased under it. It reaches the earnings of that lease that nobody collected yet, and what is left of its
/// collateral; until the lease is settled, less a quarter that stays for the service credit. It reaches nothing else
/// (INV-STK-2, INV-DSP-2). While a claim is open the collateral stays reserved, and nothing else about the lease is
/// stopped.
///
/// What a module may move is recorded under the lease and the claimant when the claim is opened. Of what the module
/// says later only the verdict counts (INV-DSP-4): which claim ends, whether it is upheld, and which fraction of the
/// collateral that is worth. A claim that its module leaves open for `CLAIM_LIFE` can be ended by anyone, as not upheld
/// (INV-LSE-11).
interface ILeaseClaims {
    /// @notice What the market answers when a claim is opened.
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
    /// verdict. The provider counts as paid for `paidSeconds` billed seconds now, and the lease's fee is lowered by
    /// `fee`, the fee on what is held. The fault counts on `collateral` wei of HOLD.
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

    /// @notice A claim ended. Where it was upheld, the held earnings went back to the claimant; otherwise to the
    /// provider, less `fee`, which went to the treasury. `penalty` of the collateral was taken. For faults that began
    /// before `coveredUntil`, `punished` was taken so far; a later claim about such a fault costs only what exceeds
    /// that. `penalty` and `punished` are wei of HOLD.
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

    /// @notice A fault must begin while its lease lives, and at most seven days ago: not before `least`, and before
    /// `end`.
    error MarketFaultOutOfBounds(LeaseId leaseId, uint256 faultStart, uint256 least, uint256 end);

    /// @notice The lease has the largest number of open claims already, 65,535.
    error MarketTooManyClaims(LeaseId leaseId);

    /// @notice The claimant has an open claim on the lease.
    error MarketClaimOpen(LeaseId leaseId, address claimant);

    /// @notice The claimant has no open claim on the lease.
    error MarketNoOpenClaim(LeaseId leaseId, address claimant);

    /// @notice The slashing module may still end the claim; anyone may from `lapsesAt` on.
    error MarketClaimNotLapsed(LeaseId leaseId, address claimant, uint256 lapsesAt, uint256 now);

    /// @notice For the slashing module of the lease's offer: opens a claim on an active lease, or on a closed one whose
    /// claim tail has not ended. Where the claimant is the tenant, what was earned since the fault began and is not
    /// collected waits for the verdict, in the tenant's own lock: min(uncollected, earned since the fault began), in
    /// whole seconds. What is earned later can be collected as before. The fault counts on no more collateral than the
    /// lease had when it began.
    function openClaim(LeaseId leaseId, address claimant, uint40 faultStart) external returns (Accused memory);

    /// @notice For the slashing module of the lease's offer: ends the claim of `claimant`, by its record.
    ///
    /// Upheld: the held earnings return to the claimant, and `fractionBps` of the recorded collateral, at most all of
    /// it, is taken as a penalty. The cover is the time until the last claim that was punished in full was filed. A
    /// fault that began within the cover costs only what exceeds the amount that was taken within it. A penalty is
    /// never more than what is left of the collateral; until the lease is settled, a quarter stays for the service
    /// credit.
    ///
    /// Not upheld: the held earnings go on to the provider, less the fee. A claim that is worth less than 1 % of the
    /// collateral is not upheld, nor is one that lapsed. Where no claim of the claimant is open, nothing happens.
    /// @return penalty wei of HOLD.
    function endClaim(
        LeaseId leaseId,
        address claimant,
        uint256 fractionBps,
        bool upheld
    ) external returns (uint256 penalty);

    /// @notice Ends a claim as not upheld, once it has been open for `CLAIM_LIFE`. Anyone may.
    function lapseClaim(LeaseId leaseId, address claimant) external;

    /// @notice The open claim of `claimant` on a lease; all zero where there is none.
    function claimOf(LeaseId leaseId, address claimant) external view returns (ClaimView memory);

    /// @notice Seconds after which anyone may end an open claim: 60 days, longer than any dispute takes.
    function CLAIM_LIFE() external view returns (uint40);

    /// @notice Provider of lease `leaseId`: its offer's; zero where there is none.
    function providerOf(LeaseId leaseId) external view returns (address);
}
