// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Create3 factory: addresses that depend on who creates and under which salt, and on nothing else
/// @notice Code and constructor arguments do not enter the address, so the same deployer gets the same addresses on
/// every chain on which this factory has the same address, although immutables differ from network to network; and
/// contracts that need each other's addresses can be created in any order.
///
/// The creator is part of the address: nobody can take an address of somebody else, whatever salt it copies. A salt is
/// used once, and what was created under it stays. The factory has no owner and holds nothing.
interface ICreate3Factory {
    /// @notice `creator` created `created` under `salt`, by running the init code with this hash.
    event ContractCreated(address indexed creator, bytes32 indexed salt, address indexed created, bytes32 initCodeHash);

    /// @notice The caller already created `created` under this salt.
    error Create3FactorySaltUsed(address creator, bytes32 salt, address created);

    /// @notice There is no code to run.
    error Create3FactoryEmptyInitCode(address creator, bytes32 salt);

    /// @notice The init code ran, but left no code at the address.
    error Create3FactoryNoCodeLeft(address creator, bytes32 salt, address created);

    /// @notice Runs `initCode` (creation code, then ABI-encoded constructor arguments) at `addressOf(caller, salt)`.
    /// @dev To the constructor, `msg.sender` is a throw-away proxy: pass owners as arguments. A reverting constructor
    /// reverts the whole, with its own reason, and leaves the salt unused.
    /// @return created where the contract now is.
    function create(bytes32 salt, bytes calldata initCode) external returns (address created);

    /// @notice The address of what `creator` creates, or created, under `salt`.
    function addressOf(address creator, bytes32 salt) external view returns (address);

    /// @notice Hash of the init code that created `created` here; zero where this factory created nothing.
    /// @dev It covers code, constructor arguments and linked libraries, so it answers 'is this what I would deploy?'.
    function initCodeHashOf(address created) external view returns (bytes32);
}
