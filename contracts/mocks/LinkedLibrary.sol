// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title LinkedLibrary
/// @notice A library with public functions: contracts that use it are linked to its address. One of them writes, so its
/// code begins with a guard against direct calls that names its own address.
library LinkedLibrary {
    /// @notice Twice `value`.
    function twice(uint256 value) public pure returns (uint256) {
        return 2 * value;
    }

    /// @notice Puts twice `value` into the first of `values`.
    function store(mapping(uint256 index => uint256 value) storage values, uint256 value) public {
        values[0] = 2 * value;
    }
}
