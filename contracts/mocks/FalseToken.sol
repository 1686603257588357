// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {MockToken} from "./MockToken.sol";

/// @title FalseToken
/// @notice Imitates tokens that answer false, instead of reverting, when a transfer fails (ZRX, EURS): here when the
/// balance or the allowance is too small, or transfers were switched off.
contract FalseToken is MockToken {
    bool private _off;

    constructor() MockToken("Returns false", "FALSE", 18) {}

    /// @notice Lets every transfer fail from now on, or work again.
    function switchOff(bool off) external {
        _off = off;
    }

    /// @inheritdoc ERC20
    function transfer(address to, uint256 value) public override returns (bool) {
        if (_off || balanceOf(msg.sender) < value) return false;
        return super.transfer(to, value);
    }

    /// @inheritdoc ERC20
    function transferFrom(address from, address to, uint256 value) public override returns (bool) {
        if (_off || balanceOf(from) < value || allowance(from, msg.sender) < value) return false;
        return super.transferFrom(from, to, value);
    }
}
