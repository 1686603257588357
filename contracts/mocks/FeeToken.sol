// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MockToken} from "./MockToken.sol";

/// @title FeeToken
/// @notice Imitates tokens that take a fee of each transfer (STA, PAXG): one part in a hundred is burned on the way.
contract FeeToken is MockToken {
    uint256 private constant _FEE_DIVISOR = 100;

    constructor() MockToken("Fee on transfer", "FEE", 18) {}

    function _update(address from, address to, uint256 value) internal override {
        bool taxed = from != address(0) && to != address(0);
        uint256 fee = taxed ? value / _FEE_DIVISOR : 0;
        super._update(from, to, value - fee);
        if (fee != 0) super._update(from, address(0), fee);
    }
}
