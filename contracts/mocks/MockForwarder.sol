// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

/// @title MockForwarder
/// @notice Imitates deposit addresses of exchanges: whatever is paid to it goes on to one account, all of it at once.
contract MockForwarder {
    using SafeERC20 for IERC20;

    address public immutable BENEFICIARY;

    constructor(address beneficiary) {
        BENEFICIARY = beneficiary;
    }

    /// @notice Sends the whole balance on.
    function sweep(IERC20 token) external {
        token.safeTransfer(BENEFICIARY, token.balanceOf(address(this)));
    }
}
