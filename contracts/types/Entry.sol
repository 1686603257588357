// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice What an entry moves, in one word, base units of a token: bits 0-127 leave the account's lock, bits 128-255
/// join its free balance.
type Movement is uint256;

/// @notice One line of a settlement. Over all lines together, as much joins free balances as leaves locks.
struct Entry {
    address account;
    Movement movement;
}

using {fromLock, toFree, plus as +} for Movement global;

/// @notice A movement of amounts that fit 128 bits.
function toMovement(uint256 fromLock_, uint256 toFree_) pure returns (Movement) {
    return Movement.wrap(fromLock_ | (toFree_ << 128));
}

/// @notice Base units that leave the account's lock.
function fromLock(Movement movement) pure returns (uint256) {
    return uint128(Movement.unwrap(movement)); // keeps the lower half on purpose
}

/// @notice Base units that join the account's free balance.
function toFree(Movement movement) pure returns (uint256) {
    return Movement.unwrap(movement) >> 128;
}

/// @notice Two movements of one account in one.
/// @dev A lock holds less than 2^120, so the lower half never runs over; the upper one reverts if it would.
function plus(Movement a, Movement b) pure returns (Movement) {
    return Movement.wrap(Movement.unwrap(a) + Movement.unwrap(b));
}
