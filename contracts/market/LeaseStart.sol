// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ILeases} from "../interfaces/ILeases.sol";
import {LeaseCancellation} from "../libraries/LeaseCancellation.sol";
import {LeaseId} from "../types/Ids.sol";
import {Lease} from "../types/Lease.sol";
import {LeaseProgress} from "../types/LeaseProgress.sol";
import {LeaseStatus} from "../types/LeaseTypes.sol";
import {LeaseBook} from "./LeaseBook.sol";

/// @title LeaseStart
/// @notice Pending leases: activated here; declined and cancelled by the linked library LeaseCancellation, which tells
/// the windows of each.
abstract contract LeaseStart is LeaseBook {
    // ------------------------------------------------------------------------------------------------- operator

    /// @inheritdoc ILeases
    function activate(LeaseId[] calldata leaseIds) external returns (uint256 done) {
        address provider; // whose dark seconds these are
        uint32 darkSeconds;
        for (uint256 i = 0; i < leaseIds.length; ++i) {
            LeaseId leaseId = leaseIds[i];
            address next = _book.offers[leaseId.offerOf()].state.provider();
            if (next != provider || i == 0) {
                provider = next;
                darkSeconds = _requireLiveOperator(provider);
            }
            Lease storage lease = _book.leases[leaseId];
            LeaseProgress progress = lease.progress;
            if (progress.status() != LeaseStatus.Pending) continue;
            if (block.timestamp >= uint256(progress.since()) + progress.mark() + _OUTAGE_ALLOWANCE) continue;

            lease.progress = progress.activated(uint40(block.timestamp), darkSeconds);
            emit LeaseActivated(leaseId, block.timestamp, darkSeconds);
            ++done;
        }
    }

    /// @inheritdoc ILeases
    function decline(LeaseId leaseId) external {
        LeaseCancellation.decline(_book, _vaults(), leaseId);
    }

    // --------------------------------------------------------------------------------------------------- tenant

    /// @inheritdoc ILeases
    function cancel(LeaseId leaseId) external {
        LeaseCancellation.cancel(_book, _vaults(), leaseId);
    }

    // --------------------------------------------------------------------------------------------------- anyone

    /// @inheritdoc ILeases
    function cancelNoShows(LeaseId[] calldata leaseIds) external returns (uint256 done) {
        return LeaseCancellation.cancelNoShows(_book, _vaults(), leaseIds);
    }

    // ------------------------------------------------------------------------------------------------- internal

    /// @dev Dark seconds until now of a live provider that the caller works for.
    function _requireLiveOperator(address provider) private view returns (uint32) {
        (address operator, bool live, uint32 darkSeconds) = _LIVENESS.statusOf(provider);
        if (operator != msg.sender) revert MarketNotOperator(provider, operator, msg.sender);
        if (!live) revert MarketProviderDark(provider);
        return darkSeconds;
    }
}
