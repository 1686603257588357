// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {HookedAccount} from "./HookedAccount.sol";
import {MockToken} from "./MockToken.sol";

/// @title HookedToken
/// @notice Imitates ERC-777: a registered account is called before its tokens leave and after tokens reach it, in the
/// middle of the transfer, and may call whom it likes.
contract HookedToken is MockToken {
    mapping(address account => bool hooked) private _hooked;

    constructor() MockToken("Hooked", "HOOK", 18) {}

    /// @notice Calls `account` in its transfers from now on.
    function register(address account) external {
        _hooked[account] = true;
    }

    /// @inheritdoc ERC20
    function _update(address from, address to, uint256 value) internal override {
        if (_hooked[from]) HookedAccount(from).onTransfer();
        super._update(from, to, value);
        if (_hooked[to]) HookedAccount(to).onTransfer();
    }
}
