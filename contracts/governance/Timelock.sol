// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {IVotes} from "@openzeppelin/contracts/governance/utils/IVotes.sol";

/// @title Timelock, owner of everything that can be owned
/// @notice OpenZeppelin's TimelockController, which obeys one governor: it alone proposes, cancels and executes (for
/// anyone who asks it to), and nobody but the timelock itself can change that. Its delay stays between two and four
/// days (INV-GOV-2). It is also the treasury: fees and penalties are its, and leave by proposal; the votes of HOLD that
/// it holds are nobody's (INV-GOV-1).
contract Timelock is TimelockController {
    /// @notice Shortest delay, seconds.
    uint256 public constant MIN_DELAY = 2 days;
    /// @notice Longest delay, seconds.
    uint256 public constant MAX_DELAY = 4 days;

    /// @notice The token whose votes the treasury does not use.
    address public immutable HOLD;

    /// @notice The delay would leave its bounds.
    error TimelockDelayOutOfBounds(uint256 delay, uint256 least, uint256 most);

    /// @notice The treasury does not vote, and lends nobody its votes.
    error TimelockKeepsVotes();

    /// @notice Founds a timelock that obeys one governor.
    /// @param delay seconds between queue and execution.
    /// @param governor who proposes, cancels and executes.
    /// @param hold the token whose votes the treasury does not use.
    constructor(
        uint256 delay,
        address governor,
        address hold
    ) TimelockController(delay, _listOf(governor), _listOf(governor), address(0)) {
        _requireWithin(delay);
        HOLD = hold;
    }

    /// @inheritdoc TimelockController
    function updateDelay(uint256 newDelay) public override {
        _requireWithin(newDelay);
        super.updateDelay(newDelay);
    }

    function _execute(address target, uint256 value, bytes calldata data) internal override {
        if (target == HOLD && bytes4(data) == IVotes.delegate.selector) revert TimelockKeepsVotes();
        super._execute(target, value, data);
    }

    function _requireWithin(uint256 delay) private pure {
        if (delay < MIN_DELAY || delay > MAX_DELAY) {
            revert TimelockDelayOutOfBounds(delay, MIN_DELAY, MAX_DELAY);
        }
    }

    function _listOf(address account) private pure returns (address[] memory list) {
        list = new address[](1);
        list[0] = account;
    }
}
