// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {LinkedLibrary} from "./LinkedLibrary.sol";

/// @title LinkingContract
/// @notice A contract that is linked to a library, for tests of the deployment.
contract LinkingContract {
    /// @notice Set at creation.
    uint256 public immutable VALUE;

    mapping(uint256 index => uint256 value) private _values;

    constructor(uint256 value) {
        VALUE = value;
        LinkedLibrary.store(_values, value);
    }

    /// @notice Twice what was set at creation, by way of the library: computed now, and stored then.
    function doubled() external view returns (uint256 now_, uint256 then) {
        return (LinkedLibrary.twice(VALUE), _values[0]);
    }
}
