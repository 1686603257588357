// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ILeaseClaims} from "../interfaces/ILeaseClaims.sol";
import {ClaimTail} from "../libraries/ClaimTail.sol";
import {LeaseClaiming} from "../libraries/LeaseClaiming.sol";
import {LeaseId} from "../types/Ids.sol";
import {LeaseBook} from "./LeaseBook.sol";

/// @title LeaseDisputes
/// @notice Claims on leases, carried out by a linked library for the slashing module that the lease's offer names.
abstract contract LeaseDisputes is LeaseBook {
    /// @inheritdoc ILeaseClaims
    function openClaim(LeaseId leaseId, address claimant, uint40 faultStart) external returns (Accused memory) {
        return LeaseClaiming.open(_book, _vaults(), leaseId, claimant, faultStart);
    }

    /// @inheritdoc ILeaseClaims
    function endClaim(
        LeaseId leaseId,
        address claimant,
        uint256 fractionBps,
        bool upheld
    ) external returns (uint256 penalty) {
        return LeaseClaiming.end(_book, _vaults(), leaseId, claimant, fractionBps, upheld);
    }

    /// @inheritdoc ILeaseClaims
    function lapseClaim(LeaseId leaseId, address claimant) external {
        LeaseClaiming.lapse(_book, _vaults(), leaseId, claimant);
    }

    /// @inheritdoc ILeaseClaims
    function CLAIM_LIFE() external pure returns (uint40) {
        return ClaimTail.CLAIM_LIFE;
    }

    /// @inheritdoc ILeaseClaims
    function claimOf(LeaseId leaseId, address claimant) external view returns (ClaimView memory) {
        return LeaseClaiming.viewOf(_book, leaseId, claimant);
    }

    /// @inheritdoc ILeaseClaims
    function providerOf(LeaseId leaseId) external view returns (address) {
        return _book.offers[leaseId.offerOf()].state.provider();
    }
}
