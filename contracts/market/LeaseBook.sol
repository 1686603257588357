// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IEscrow} from "../interfaces/IEscrow.sol";
import {ILeases} from "../interfaces/ILeases.sol";
import {ILiveness} from "../interfaces/ILiveness.sol";
import {IMarket} from "../interfaces/IMarket.sol";
import {IStaking} from "../interfaces/IStaking.sol";
import {Collateral} from "../libraries/Collateral.sol";
import {Money} from "../libraries/Money.sol";
import {LeaseId} from "../types/Ids.sol";
import {EndReason, Lease, LeaseStatus} from "../types/LeaseTypes.sol";
import {OfferCore} from "../types/OfferTypes.sol";
import {Offers} from "./Offers.sol";

/// @title LeaseBook
/// @notice The book of leases, the vaults behind it, and what every action on a lease asks.
abstract contract LeaseBook is Offers, IMarket {
    /// @dev A day is longer than any deadline that the allowance extends.
    uint32 private constant _MOST_OUTAGE_ALLOWANCE = 1 days;

    IEscrow internal immutable _ESCROW;
    IStaking internal immutable _STAKING;
    ILiveness internal immutable _LIVENESS;
    uint32 internal immutable _OUTAGE_ALLOWANCE;

    mapping(LeaseId leaseId => Lease lease) internal _leases;

    constructor(address escrow, address staking, address liveness, uint32 outageAllowance) {
        if (outageAllowance > _MOST_OUTAGE_ALLOWANCE) {
            revert MarketAllowanceOutOfBounds(outageAllowance, _MOST_OUTAGE_ALLOWANCE);
        }
        _ESCROW = IEscrow(escrow);
        _STAKING = IStaking(staking);
        _LIVENESS = ILiveness(liveness);
        _OUTAGE_ALLOWANCE = outageAllowance;
    }

    // ---------------------------------------------------------------------------------------------------- views

    /// @inheritdoc ILeases
    function leaseById(LeaseId leaseId) external view returns (Lease memory) {
        return _leases[leaseId];
    }

    /// @inheritdoc ILeases
    function OUTAGE_ALLOWANCE() external view returns (uint32) {
        return _OUTAGE_ALLOWANCE;
    }

    /// @inheritdoc IMarket
    function ESCROW() external view returns (IEscrow) {
        return _ESCROW;
    }

    /// @inheritdoc IMarket
    function STAKING() external view returns (IStaking) {
        return _STAKING;
    }

    /// @inheritdoc IMarket
    function LIVENESS() external view returns (ILiveness) {
        return _LIVENESS;
    }

    // ------------------------------------------------------------------------------------------------- internal

    function _offerOf(LeaseId leaseId) internal view returns (OfferCore storage) {
        return _offers[leaseId.offerOf()].core;
    }

    function _requireStatus(LeaseId leaseId, Lease memory lease, LeaseStatus expected) internal pure {
        if (lease.status != expected) revert MarketWrongStatus(leaseId, expected, lease.status);
    }

    function _requireTenant(LeaseId leaseId, Lease memory lease) internal view {
        if (lease.tenant != msg.sender) revert MarketNotTenant(leaseId, lease.tenant, msg.sender);
    }

    /// @dev Live seconds of an active lease from its start until `instant`, which is past and not after its end. Dark
    /// seconds are part of the seconds that passed, so nothing underflows (INV-LSE-4).
    function _liveSeconds(Lease memory lease, address provider, uint40 instant) internal view returns (uint32) {
        uint32 dark = _LIVENESS.darkSecondsUntil(provider, instant) - lease.mark;
        return uint32(instant - lease.since) - dark; // not more than the duration, a uint32
    }

    /// @dev What is locked for the whole term of a lease: its price and the bounty.
    function _lockedAtOpen(Lease memory lease, uint256 bounty) internal pure returns (uint256) {
        return Money.costUp(lease.ratePerSecondX32, lease.duration) + bounty;
    }

    function _collateralOf(Lease memory lease, OfferCore storage offer) internal view returns (uint256) {
        return Collateral.amountOf(_weightsAt(lease.termsVersion), offer.resources, lease.units);
    }

    /// @dev Status and reason of a lease that ends, and its units back to the offer: exactly once, since no path comes
    /// here with a lease that has ended (INV-LSE-5, INV-LSE-6).
    function _end(Lease storage lease, OfferCore storage offer, LeaseStatus status, EndReason reason) internal {
        lease.status = status;
        lease.reason = reason;
        offer.used -= lease.units;
    }
}
