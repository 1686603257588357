// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC4626} from "@openzeppelin/contracts/token/ERC20/extensions/ERC4626.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @title MockVault
/// @notice OpenZeppelin's ERC-4626 vault over HOLD: a share is worth its part of the balance.
contract MockVault is ERC4626 {
    constructor(IERC20 hold) ERC20("Savings", "SAVE") ERC4626(hold) {}
}
