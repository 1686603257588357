// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

/// @title ConstantProductPair
/// @notice A pair of two tokens, without fees, that measures its own balances as Uniswap v2 does: whatever arrived since
/// it last looked counts as paid.
contract ConstantProductPair {
    using SafeERC20 for IERC20;

    IERC20 private immutable _FIRST;
    IERC20 private immutable _SECOND;
    address private immutable _OWNER;

    uint256 private _reserveFirst;
    uint256 private _reserveSecond;

    error PairUnderpaid(uint256 product, uint256 required);
    error PairNotOwner(address owner, address caller);

    /// @param owner holds all the liquidity.
    constructor(IERC20 first, IERC20 second, address owner) {
        (_FIRST, _SECOND, _OWNER) = (first, second, owner);
    }

    /// @notice Sends amounts of both tokens to `to`, against what was paid in before.
    function swap(uint256 firstOut, uint256 secondOut, address to) external {
        if (firstOut != 0) _FIRST.safeTransfer(to, firstOut);
        if (secondOut != 0) _SECOND.safeTransfer(to, secondOut);
        uint256 product = _FIRST.balanceOf(address(this)) * _SECOND.balanceOf(address(this));
        uint256 required = _reserveFirst * _reserveSecond;
        if (product < required) revert PairUnderpaid(product, required);
        sync();
    }

    /// @notice Sends everything to the owner of the liquidity.
    function withdrawAll() external {
        if (msg.sender != _OWNER) revert PairNotOwner(_OWNER, msg.sender);
        _FIRST.safeTransfer(_OWNER, _FIRST.balanceOf(address(this)));
        _SECOND.safeTransfer(_OWNER, _SECOND.balanceOf(address(this)));
        sync();
    }

    /// @notice What the pair believes that it has.
    function reserves() external view returns (uint256 first, uint256 second) {
        return (_reserveFirst, _reserveSecond);
    }

    /// @notice Makes the present balances the reserves.
    function sync() public {
        _reserveFirst = _FIRST.balanceOf(address(this));
        _reserveSecond = _SECOND.balanceOf(address(this));
    }
}
