// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ERC4626} from "@openzeppelin/contracts/token/ERC20/extensions/ERC4626.sol";

/// @title SavingsVault
/// @notice OpenZeppelin's ERC-4626 vault as it is: what its shares are worth follows from its balance.
contract SavingsVault is ERC4626 {
    constructor(IERC20 token) ERC4626(token) ERC20("Savings", "SAVE") {}
}
