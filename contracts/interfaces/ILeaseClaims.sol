// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {LeaseId} from "../types/Ids.sol";

/// @title Claims on leases: what a slashing module may ask of the market
/// @notice The module is the one that the lease's offer has named since it was created: its provider accepted it, its
/// tenant leased under it. It reaches what is left of that lease's collateral, and the earnings of that lease that nobody
/// collected yet; nothing else (INV-STK-2, INV-DSP-2). While a claim is open the collateral stays reserved, and nothing
/// else about the lease is stopped.
interface ILeaseClaims {
    /// @notice What a claim was filed on.
    struct Accused {
        address tenant; // of the lease now
        address provider;
        uint256 collateral; // of the lease, millionths of a HOLD, penalties not taken off
        uint256 held; // earnings that wait for the verdict, base units; none for a claimant who is not the tenant
    }

    /// @notice How a claim ended.
    struct Verdict {
        address claimant;
        address tenant; // of the lease when the claim was filed
        uint256 held; // as the claim was told
        uint256 collateral; // as the claim was told
        uint40 faultStart; // before `filedAt`
        uint40 filedAt; // not 0
        uint16 fractionBps; // of the collateral that the fault costs; at most 10,000 count
        bool upheld;
    }

    /// @notice `claimant` claims a fault of the lease that began at `faultStart`. `held` of its earnings wait for the
    /// verdict: the provider counts as paid for `paidSeconds` billed seconds now, and `fee` of the fee left the lease with
    /// them.
    event ClaimOpened(
        LeaseId indexed leaseId,
        address indexed claimant,
        address indexed slasher,
        uint256 faultStart,
        uint256 held,
        uint256 fee,
        uint256 paidSeconds
    );

    /// @notice A claim ended. Held earnings went back to the claimant where it was upheld; otherwise to the provider, but
    /// for `fee`, which is the treasury's. `penalty` of the collateral, in wei of HOLD, was taken.
    event ClaimEnded(
        LeaseId indexed leaseId,
        address indexed claimant,
        bool upheld,
        uint256 held,
        uint256 fee,
        uint256 penalty,
        uint256 punishedBps,
        uint256 coveredUntil
    );

    /// @notice Only the slashing module that the lease's offer names may do this.
    error MarketNotSlasher(LeaseId leaseId, address slasher, address caller);

    /// @notice The lease is neither active nor closed.
    error MarketNotClaimable(LeaseId leaseId);

    /// @notice Claims were possible until the claim tail of the lease ended.
    error MarketTooLateToClaim(LeaseId leaseId, uint256 deadline, uint256 now);

    /// @notice A fault begins while its lease lives: not before `least`, and before `end`.
    error MarketFaultOutOfBounds(LeaseId leaseId, uint256 faultStart, uint256 least, uint256 end);

    /// @notice As many claims are open on the lease as fit.
    error MarketTooManyClaims(LeaseId leaseId);

    /// @notice No claim is open on the lease.
    error MarketNoOpenClaim(LeaseId leaseId);

    /// @notice Opens a claim on an active lease, or on a closed one whose claim tail has not ended. Where the claimant is
    /// the tenant, what was earned from the start of the fault on and is not collected waits for the verdict, in the
    /// module's escrow lock: min(uncollected, earned since the fault began), in whole seconds; later earnings flow. For
    /// the slashing module of the lease's offer.
    function openClaim(LeaseId leaseId, address claimant, uint40 faultStart) external returns (Accused memory);

    /// @notice Ends a claim. Upheld: held earnings return to the claimant; `fractionBps` of the collateral is taken as a
    /// penalty, or the difference to what the last punished fault was worth where this one began before that claim was
    /// filed; never more than is left. Otherwise held earnings go on to the provider, less the fee. For the slashing
    /// module of the lease's offer.
    /// @return penalty wei of HOLD.
    function endClaim(LeaseId leaseId, Verdict calldata verdict) external returns (uint256 penalty);

    /// @notice Provider of lease `leaseId`: its offer's; zero where there is none.
    function providerOf(LeaseId leaseId) external view returns (address);
}
