// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MockToken} from "./MockToken.sol";

/// @title BlacklistingToken
/// @notice Imitates USDC and USDT: a listed account can neither send nor receive.
contract BlacklistingToken is MockToken {
    mapping(address account => bool listed) private _blacklisted;

    error BlacklistingTokenBlacklisted(address account);

    constructor() MockToken("Blacklisting", "BLACK", 6) {}

    /// @notice Lists `account`, or takes it off the list.
    function blacklist(address account, bool listed) external {
        _blacklisted[account] = listed;
    }

    function _update(address from, address to, uint256 value) internal override {
        if (_blacklisted[from]) revert BlacklistingTokenBlacklisted(from);
        if (_blacklisted[to]) revert BlacklistingTokenBlacklisted(to);
        super._update(from, to, value);
    }
}
