// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @title ScriptedWallet
/// @notice A contract account whose ERC-1271 answer is whatever bytes the test wrote, or a revert. It can be put at the
/// address of a key too, as EIP-7702 does.
contract ScriptedWallet {
    bytes private _answer;
    bool private _reverts;

    error ScriptedWalletRefuses();

    /// @notice Answers `isValidSignature` with these raw bytes from now on, or reverts.
    function script(bytes calldata answer, bool reverts) external {
        (_answer, _reverts) = (answer, reverts);
    }

    /// @notice Lets `spender` spend this wallet's tokens.
    function approve(IERC20 token, address spender, uint256 amount) external {
        token.approve(spender, amount);
    }

    /// @notice ERC-1271.
    function isValidSignature(bytes32, bytes calldata) external view returns (bytes4) {
        if (_reverts) revert ScriptedWalletRefuses();
        bytes memory answer = _answer;
        // The ABI has no way to answer with fewer bytes than the type has.
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            return(add(answer, 0x20), mload(answer))
        }
    }
}
