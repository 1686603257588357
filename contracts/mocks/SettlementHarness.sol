// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IEscrow} from "../interfaces/IEscrow.sol";
import {Settlement} from "../libraries/Settlement.sol";

/// @title SettlementHarness
/// @notice A module of the escrow that settles as a test tells it, through the internal library Settlement.
contract SettlementHarness {
    using Settlement for Settlement.Batch;

    enum Kind {
        Release,
        Credit,
        Flush
    }

    struct Step {
        Kind kind;
        address token; // of a release
        address account;
        uint256 unlocked; // of a release
        uint256 amount; // released to be paid, or credited
    }

    IEscrow private immutable _ESCROW;

    constructor(address escrow) {
        _ESCROW = IEscrow(escrow);
    }

    /// @notice As IEscrow.lock.
    function lock(address token, address account, uint256 amount) external {
        _ESCROW.lock(token, account, amount);
    }

    /// @notice Takes the steps in one batch with room for `leases`, and flushes it.
    /// @return canary is 1, unless the batch wrote beyond its room.
    function run(uint256 leases, Step[] calldata steps) external returns (uint256 canary) {
        Settlement.Batch memory batch = Settlement.start(leases);
        uint256[] memory next = new uint256[](1);
        next[0] = 1;
        for (uint256 i = 0; i < steps.length; ++i) {
            Step calldata step = steps[i];
            if (step.kind == Kind.Release) {
                batch.release(_ESCROW, step.token, step.account, step.unlocked, step.amount);
            } else if (step.kind == Kind.Credit) {
                batch.credit(step.account, step.amount);
            } else {
                batch.flush(_ESCROW);
            }
        }
        batch.flush(_ESCROW);
        return next.length == 1 ? next[0] : 0;
    }
}
