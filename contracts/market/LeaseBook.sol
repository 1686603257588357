// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IEscrow} from "../interfaces/IEscrow.sol";
import {ILeases} from "../interfaces/ILeases.sol";
import {ILiveness} from "../interfaces/ILiveness.sol";
import {IMarket} from "../interfaces/IMarket.sol";
import {IStaking} from "../interfaces/IStaking.sol";
import {Collateral} from "../libraries/Collateral.sol";
import {LeaseId} from "../types/Ids.sol";
import {Lease} from "../types/Lease.sol";
import {LeaseProgress} from "../types/LeaseProgress.sol";
import {LeaseTerms} from "../types/LeaseTerms.sol";
import {LeaseStatus} from "../types/LeaseTypes.sol";
import {Resources} from "../types/Resources.sol";
import {Offers} from "./Offers.sol";

/// @title LeaseBook
/// @notice The book of leases, the vaults behind it, and what every action on a lease asks.
abstract contract LeaseBook is Offers, IMarket {
    /// @dev A day is longer than any deadline that the allowance extends.
    uint32 private constant _MOST_OUTAGE_ALLOWANCE = 1 days;

    /// @dev The last answer of the liveness clock: a batch mostly asks the same again.
    struct DarkAnswer {
        address provider;
        uint40 instant;
        uint32 darkSeconds;
    }

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

    function _requireStatus(LeaseId leaseId, LeaseStatus actual, LeaseStatus expected) internal pure {
        if (actual != expected) revert MarketWrongStatus(leaseId, expected, actual);
    }

    function _requireTenant(LeaseId leaseId, address tenant) internal view {
        if (tenant != msg.sender) revert MarketNotTenant(leaseId, tenant, msg.sender);
    }

    /// @dev Live seconds of an active lease from its start until `instant`, which is past and not after its end. Dark
    /// seconds are part of the seconds that passed, so nothing underflows (INV-LSE-4).
    function _liveSeconds(
        DarkAnswer memory known,
        LeaseProgress progress,
        address provider,
        uint40 instant
    ) internal view returns (uint32) {
        if (known.provider != provider || known.instant != instant) {
            known.darkSeconds = _LIVENESS.darkSecondsUntil(provider, instant);
            known.provider = provider;
            known.instant = instant;
        }
        uint32 dark = known.darkSeconds - progress.mark();
        return uint32(instant - progress.since()) - dark; // not more than the duration, a uint32
    }

    /// @dev When an active lease ends, or a closed one did.
    function _endOf(LeaseProgress progress, LeaseTerms terms) internal pure returns (uint40) {
        // A second of this era and 136 years fit 40 bits.
        unchecked {
            return progress.since() + terms.duration();
        }
    }

    /// @dev The payment token of a lease.
    function _tokenOf(LeaseTerms terms) internal view returns (address) {
        return _listings[terms.listing()].token;
    }

    /// @dev The wei of HOLD that a lease reserved when it was opened.
    function _collateralOf(LeaseId leaseId, LeaseTerms terms) internal view returns (uint256) {
        Resources resources = _offers[leaseId.offerOf()].traits.resources();
        return Collateral.amountOf(_weightsAt(terms.termsVersion()), resources, terms.units());
    }
}
