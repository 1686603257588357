// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

/// @title MockPair
/// @notice Imitates exchanges whose price is the ratio of two reserves (Uniswap V2): whoever sent it one token is paid
/// in the other one, for all that its balance is above its own accounting.
contract MockPair {
    using SafeERC20 for IERC20;

    IERC20 public immutable HOLD;
    IERC20 public immutable MONEY;
    uint256 public holdReserve;
    uint256 public moneyReserve;

    constructor(IERC20 hold, IERC20 money) {
        (HOLD, MONEY) = (hold, money);
    }

    /// @notice Counts all that it has as its own.
    function sync() public {
        (holdReserve, moneyReserve) = (HOLD.balanceOf(address(this)), MONEY.balanceOf(address(this)));
    }

    /// @notice Pays `to` for what arrived since the last call: money for HOLD where `sellsHold`, else HOLD for money.
    function swap(bool sellsHold, address to) external returns (uint256 paid) {
        (IERC20 sold, IERC20 bought) = sellsHold ? (HOLD, MONEY) : (MONEY, HOLD);
        (uint256 soldReserve, uint256 boughtReserve) = sellsHold
            ? (holdReserve, moneyReserve)
            : (moneyReserve, holdReserve);
        uint256 arrived = sold.balanceOf(address(this)) - soldReserve;
        paid = (boughtReserve * arrived) / (soldReserve + arrived);
        bought.safeTransfer(to, paid);
        sync();
    }
}
