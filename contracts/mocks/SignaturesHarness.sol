// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Signatures} from "../libraries/Signatures.sol";

/// @title SignaturesHarness
/// @notice Opens the internal library Signatures to its unit tests.
contract SignaturesHarness {
    /// @notice As Signatures.isValidNow.
    function isValidNow(address account, bytes32 digest, bytes calldata signature) external view returns (bool) {
        return Signatures.isValidNow(account, digest, signature);
    }
}
