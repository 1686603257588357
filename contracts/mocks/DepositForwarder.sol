// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

/// @title DepositForwarder
/// @notice The address that an exchange gives one customer to pay to: anyone makes it send its whole balance on.
contract DepositForwarder {
    using SafeERC20 for IERC20;

    address private immutable _TO;

    event Forwarded(address indexed token, uint256 amount);

    constructor(address to) {
        _TO = to;
    }

    /// @notice Sends the whole balance of `token` on.
    function sweep(IERC20 token) external {
        uint256 amount = token.balanceOf(address(this));
        token.safeTransfer(_TO, amount);
        emit Forwarded(address(token), amount);
    }
}
