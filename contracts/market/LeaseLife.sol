// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ILeases} from "../interfaces/ILeases.sol";
import {IMarketHooks} from "../interfaces/IMarketHooks.sol";
import {LeaseChanges} from "../libraries/LeaseChanges.sol";
import {LeaseResizing} from "../libraries/LeaseResizing.sol";
import {LeaseId} from "../types/Ids.sol";
import {LeaseBook} from "./LeaseBook.sol";

/// @title LeaseLife
/// @notice Changes of running leases, carried out by linked libraries.
abstract contract LeaseLife is LeaseBook {
    address internal immutable _ORDERS;

    constructor(address orders) {
        _ORDERS = orders;
    }

    /// @inheritdoc ILeases
    function extend(LeaseId leaseId, address tenant, uint32 addedSeconds, uint256 maxCost) external {
        LeaseChanges.extend(_book, _ESCROW, leaseId, tenant, addedSeconds, maxCost);
    }

    /// @inheritdoc ILeases
    function resize(LeaseId leaseId, uint24 units, uint128 maxPricePerSecondX32, uint256 maxCost) external {
        LeaseResizing.resize(_book, _vaults(), leaseId, units, maxPricePerSecondX32, maxCost);
    }

    /// @inheritdoc ILeases
    function giveNotice(LeaseId leaseId, uint40 end) external {
        LeaseChanges.giveNotice(_book, _ESCROW, leaseId, end);
    }

    /// @inheritdoc ILeases
    function offerTransfer(LeaseId leaseId, address recipient) external {
        LeaseChanges.offerTransfer(_book, leaseId, recipient);
    }

    /// @inheritdoc ILeases
    function acceptTransfer(LeaseId leaseId, uint256 minLocked) external {
        LeaseChanges.acceptTransfer(_book, _ESCROW, leaseId, minLocked);
    }

    /// @inheritdoc IMarketHooks
    function ORDERS() external view returns (address) {
        return _ORDERS;
    }

    function _requireOrders() internal view {
        if (msg.sender != _ORDERS) revert MarketNotOrders(msg.sender);
    }
}
