// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IEscrow} from "../interfaces/IEscrow.sol";
import {Entry, Movement, toMovement} from "../types/Entry.sol";

/// @title Settlement
/// @notice One settlement with the escrow for many leases: collects what a batch takes out of locks and credits, joins
/// neighbours of the same account, and settles each run of a token in one call.
library Settlement {
    struct Batch {
        address token;
        Entry[] entries; // its length counts what is in it; there is room for what `start` was told
        Entry first; // credits that may still grow: the two accounts credited last
        Entry second;
    }

    /// @notice Room for `leases`, each released once and credited to at most two accounts.
    function start(uint256 leases) internal pure returns (Batch memory batch) {
        Entry[] memory entries;
        // An array whose length grows into the room that is reserved for it, which Solidity has no way to say.
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            entries := mload(0x40)
            mstore(entries, 0)
            mstore(0x40, add(entries, shl(5, add(mul(leases, 3), 3))))
        }
        batch.entries = entries;
    }

    /// @notice Takes `unlocked + paid` out of what is locked for `account`, and returns `unlocked` to it. What is paid
    /// must be credited next.
    function release(
        Batch memory batch,
        IEscrow escrow,
        address token,
        address account,
        uint256 unlocked,
        uint256 paid
    ) internal {
        if (batch.token != token) {
            flush(batch, escrow);
            batch.token = token;
        }
        Entry[] memory entries = batch.entries;
        Movement movement = toMovement(unlocked + paid, unlocked);
        uint256 count = entries.length;
        if (count != 0) {
            Entry memory last = entries[count - 1];
            // A credit that was pushed stays apart: joined, it would hide from the escrow that something was paid out.
            if (last.account == account && last.movement.fromLock() != 0) {
                last.movement = last.movement + movement;
                return;
            }
        }
        _push(entries, Entry(account, movement));
    }

    /// @notice Credits `amount` of what was released last to `account`.
    /// @dev Two accounts can grow at the same time, since a provider's and a treasury's credits come in turns.
    function credit(Batch memory batch, address account, uint256 amount) internal pure {
        if (amount == 0) return;
        Movement movement = toMovement(0, amount);
        if (batch.first.account == account) {
            batch.first.movement = batch.first.movement + movement;
        } else if (batch.second.account == account) {
            batch.second.movement = batch.second.movement + movement;
        } else {
            if (batch.second.account != address(0)) _push(batch.entries, batch.second);
            batch.second = batch.first;
            batch.first = Entry(account, movement);
        }
    }

    /// @notice Settles what has been collected; the batch is empty again.
    function flush(Batch memory batch, IEscrow escrow) internal {
        Entry[] memory entries = batch.entries;
        if (entries.length == 0) return;
        if (batch.first.account != address(0)) _push(entries, batch.first);
        if (batch.second.account != address(0)) _push(entries, batch.second);
        escrow.settle(batch.token, entries);
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            mstore(entries, 0)
        }
        batch.first = Entry(address(0), Movement.wrap(0));
        batch.second = Entry(address(0), Movement.wrap(0));
    }

    /// @dev Appends, within the room that `start` reserved.
    function _push(Entry[] memory entries, Entry memory entry) private pure {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            let length := add(mload(entries), 1)
            mstore(entries, length)
            mstore(add(entries, shl(5, length)), entry)
        }
    }
}
