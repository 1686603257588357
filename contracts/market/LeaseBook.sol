// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IEscrow} from "../interfaces/IEscrow.sol";
import {ILeases} from "../interfaces/ILeases.sol";
import {ILiveness} from "../interfaces/ILiveness.sol";
import {IMarket} from "../interfaces/IMarket.sol";
import {IProviderRecords} from "../interfaces/IProviderRecords.sol";
import {IStaking} from "../interfaces/IStaking.sol";
import {LeaseLib} from "../libraries/LeaseLib.sol";
import {LeaseId} from "../types/Ids.sol";
import {Lease} from "../types/Lease.sol";
import {Offers} from "./Offers.sol";

/// @title LeaseBook
/// @notice Reads the book of leases, and knows the contracts around it.
abstract contract LeaseBook is Offers, IMarket {
    /// @dev A day is longer than any deadline that the allowance extends.
    uint32 private constant _MOST_OUTAGE_ALLOWANCE = 1 days;

    IEscrow internal immutable _ESCROW;
    IStaking internal immutable _STAKING;
    ILiveness internal immutable _LIVENESS;
    IProviderRecords internal immutable _RECORDS;
    uint32 internal immutable _OUTAGE_ALLOWANCE;

    constructor(Around memory around, uint32 outageAllowance) Offers(around.quotes) {
        if (outageAllowance > _MOST_OUTAGE_ALLOWANCE) {
            revert MarketAllowanceOutOfBounds(outageAllowance, _MOST_OUTAGE_ALLOWANCE);
        }
        _ESCROW = IEscrow(around.escrow);
        _STAKING = IStaking(around.staking);
        _LIVENESS = ILiveness(around.liveness);
        _RECORDS = IProviderRecords(around.records);
        _OUTAGE_ALLOWANCE = outageAllowance;
    }

    // ---------------------------------------------------------------------------------------------------- views

    /// @inheritdoc ILeases
    function leaseById(LeaseId leaseId) external view returns (Lease memory) {
        return _book.leases[leaseId];
    }

    /// @inheritdoc ILeases
    function recipientOf(LeaseId leaseId) external view returns (address) {
        return _book.transfers[leaseId];
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

    /// @inheritdoc IMarket
    function RECORDS() external view returns (IProviderRecords) {
        return _RECORDS;
    }

    // ------------------------------------------------------------------------------------------------- internal

    /// @dev The contracts behind the market, for the linked libraries.
    function _vaults() internal view returns (LeaseLib.Vaults memory) {
        return LeaseLib.Vaults(_ESCROW, _STAKING, _LIVENESS, _RECORDS, _OUTAGE_ALLOWANCE);
    }
}
