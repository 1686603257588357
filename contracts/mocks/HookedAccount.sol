// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Address} from "@openzeppelin/contracts/utils/Address.sol";

/// @title HookedAccount
/// @notice An attacker's account: makes any call when it is told to, and one more, the armed one, when a HookedToken
/// calls it in the middle of a transfer.
contract HookedAccount {
    address private _target;
    bytes private _call;
    bool private _swallows;

    /// @notice Whether the armed call, once made, came through.
    bool public succeeded;

    /// @notice Makes `call` to `target` in the next transfer; `swallows` hides its failure from the token.
    function arm(address target, bytes calldata call, bool swallows) external {
        (_target, _call, _swallows) = (target, call, swallows);
    }

    /// @notice Makes `call` to `target` now.
    function execute(address target, bytes calldata call) external {
        Address.functionCall(target, call);
    }

    /// @notice What a HookedToken calls.
    function onTransfer() external {
        address target = _target;
        if (target == address(0)) return;
        _target = address(0);
        if (!_swallows) {
            Address.functionCall(target, _call);
            succeeded = true;
            return;
        }
        // An attacker that is not stopped by the failure of its first attempt.
        // solhint-disable-next-line avoid-low-level-calls
        (succeeded, ) = target.call(_call);
    }
}
