// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Create3} from "@openzeppelin/contracts/utils/Create3.sol";
import {ICreate3Factory} from "../interfaces/ICreate3Factory.sol";

/// @title Create3 factory
/// @notice Creates contracts at addresses that depend on the creator and a salt alone; see ICreate3Factory.
/// @dev CREATE2 makes a fixed proxy, whose address depends on the salt alone; the proxy's first CREATE makes the
/// contract, whose address depends on the proxy alone (OpenZeppelin's Create3). Here the salt is bound to its creator,
/// and the init code's hash is kept.
contract Create3Factory is ICreate3Factory {
    mapping(address created => bytes32 initCodeHash) private _initCodeHashes;

    /// @inheritdoc ICreate3Factory
    function create(bytes32 salt, bytes calldata initCode) external returns (address created) {
        // Check
        if (initCode.length == 0) revert Create3FactoryEmptyInitCode(msg.sender, salt);
        created = addressOf(msg.sender, salt);
        if (_initCodeHashes[created] != 0) revert Create3FactorySaltUsed(msg.sender, salt, created);

        // Effect: before any foreign code runs
        bytes32 initCodeHash = keccak256(initCode);
        _initCodeHashes[created] = initCodeHash;
        emit ContractCreated(msg.sender, salt, created, initCodeHash);

        // Interaction
        Create3.deploy(0, _boundSalt(msg.sender, salt), initCode);
        if (created.code.length == 0) revert Create3FactoryNoCodeLeft(msg.sender, salt, created);
    }

    /// @inheritdoc ICreate3Factory
    function initCodeHashOf(address created) external view returns (bytes32) {
        return _initCodeHashes[created];
    }

    /// @inheritdoc ICreate3Factory
    function addressOf(address creator, bytes32 salt) public view returns (address) {
        return Create3.computeAddress(_boundSalt(creator, salt));
    }

    function _boundSalt(address creator, bytes32 salt) private pure returns (bytes32) {
        return keccak256(abi.encode(creator, salt));
    }
}
