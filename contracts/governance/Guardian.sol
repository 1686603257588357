// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IGuardian} from "../interfaces/IGuardian.sol";
import {IMarketParameters} from "../interfaces/IMarketParameters.sol";

/// @title Guardian
/// @notice The manual is IGuardian.
contract Guardian is IGuardian, AccessManaged {
    address private _guardian;
    bool private _used;

    /// @notice Seats the first guardian.
    /// @param authority AccessManager that gates `seat`, and gave this contract the role that pauses.
    /// @param first the first guardian.
    constructor(address authority, address first) AccessManaged(authority) {
        _seat(first);
    }

    // ------------------------------------------------------------------------------------------------- guardian

    /// @inheritdoc IGuardian
    function pause(address[] calldata markets, uint32 duration) external {
        _requireSeated();
        if (_used) revert GuardianPauseUsed(msg.sender);
        _used = true;
        emit GuardianPaused(msg.sender, markets, duration);
        for (uint256 i = 0; i < markets.length; ++i) IMarketParameters(markets[i]).pauseEntries(duration);
    }

    /// @inheritdoc IGuardian
    function resume(address[] calldata markets) external {
        _requireSeated();
        emit GuardianResumed(msg.sender, markets);
        for (uint256 i = 0; i < markets.length; ++i) IMarketParameters(markets[i]).pauseEntries(0);
    }

    // ----------------------------------------------------------------------------------------------- governance

    /// @inheritdoc IGuardian
    function seat(address guardian_) external restricted {
        _seat(guardian_);
    }

    // ---------------------------------------------------------------------------------------------------- views

    /// @inheritdoc IGuardian
    function guardian() external view returns (address) {
        return _guardian;
    }

    /// @inheritdoc IGuardian
    function used() external view returns (bool) {
        return _used;
    }

    // ------------------------------------------------------------------------------------------------- internal

    function _requireSeated() private view {
        if (msg.sender != _guardian) revert GuardianNotSeated(_guardian, msg.sender);
    }

    function _seat(address guardian_) private {
        _guardian = guardian_;
        _used = false;
        emit GuardianSeated(guardian_);
    }
}
