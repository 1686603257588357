// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MockToken} from "./MockToken.sol";

/// @title PausableToken
/// @notice Imitates tokens whose issuer can stop every transfer for a while (USDC, BNB).
contract PausableToken is MockToken {
    bool private _paused;

    error PausableTokenPaused();

    constructor() MockToken("Pausable", "PAUSE", 6) {}

    /// @notice Stops all transfers, or lets them go on.
    function pause(bool paused) external {
        _paused = paused;
    }

    function _update(address from, address to, uint256 value) internal override {
        if (_paused) revert PausableTokenPaused();
        super._update(from, to, value);
    }
}
