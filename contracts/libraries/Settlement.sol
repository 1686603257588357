// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IEscrow} from "../interfaces/IEscrow.sol";

/// @title One settlement with the escrow for many leases
/// @notice Collects what a batch releases and credits, joins what belongs to the same account in a row, and settles a
/// token in one call. A batch in several tokens makes one call for each run of a token.
library Settlement {
    struct Batch {
        address token;
        uint256 releaseCount;
        uint256 creditCount;
        IEscrow.Release[] releases; // room for all; the first `releaseCount` count
        IEscrow.Credit[] credits;
    }

    /// @notice Room for so many leases, each with up to `creditsEach` credits.
    function start(uint256 leases, uint256 creditsEach) internal pure returns (Batch memory batch) {
        batch.releases = new IEscrow.Release[](leases);
        batch.credits = new IEscrow.Credit[](leases * creditsEach);
    }

    /// @notice Takes `unlocked + paid` out of what is locked for `account`. What is paid must be credited after it.
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
        uint256 count = batch.releaseCount;
        if (count != 0 && batch.releases[count - 1].account == account) {
            IEscrow.Release memory last = batch.releases[count - 1];
            last.unlocked += unlocked;
            last.paid += paid;
            return;
        }
        IEscrow.Release memory next = batch.releases[count];
        (next.account, next.unlocked, next.paid) = (account, unlocked, paid);
        batch.releaseCount = count + 1;
    }

    /// @notice Credits `amount` of what was released last to `account`.
    /// @dev Looks at the last two credits, so that a provider's and a treasury's, in turns, join.
    function credit(Batch memory batch, address account, uint256 amount) internal pure {
        if (amount == 0) return;
        uint256 count = batch.creditCount;
        for (uint256 i = count; i > 0 && i + 2 > count; --i) {
            if (batch.credits[i - 1].account == account) {
                batch.credits[i - 1].amount += amount;
                return;
            }
        }
        IEscrow.Credit memory next = batch.credits[count];
        (next.account, next.amount) = (account, amount);
        batch.creditCount = count + 1;
    }

    /// @notice Settles what has been collected; the batch is empty again.
    function flush(Batch memory batch, IEscrow escrow) internal {
        if (batch.releaseCount == 0) return;
        IEscrow.Release[] memory releases = batch.releases;
        IEscrow.Credit[] memory credits = batch.credits;
        (uint256 releaseRoom, uint256 creditRoom) = (releases.length, credits.length);
        _resize(releases, credits, batch.releaseCount, batch.creditCount);
        escrow.settle(batch.token, releases, credits);
        _resize(releases, credits, releaseRoom, creditRoom);
        (batch.releaseCount, batch.creditCount) = (0, 0);
    }

    /// @dev Sets the lengths of two arrays, to at most the room that was allocated for them.
    function _resize(
        IEscrow.Release[] memory releases,
        IEscrow.Credit[] memory credits,
        uint256 releaseCount,
        uint256 creditCount
    ) private pure {
        // Solidity cannot shorten an array in memory; copying it would cost as much as the settlement saves.
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            mstore(releases, releaseCount)
            mstore(credits, creditCount)
        }
    }
}
