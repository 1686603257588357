// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {ERC20Votes} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Votes.sol";
import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";
import {ERC20Locks} from "./ERC20Locks.sol";

/// @title HOLD, the token that providers bond and holders vote with
/// @notice Fixed supply of one thousand million, 18 decimals. ERC-20 with ERC-2612 permits, ERC-5805 votes on a
/// timestamp clock, and native locks: bonded HOLD stays in its owner's balance and keeps its votes (INV-GOV-1).
/// Nobody can mint, pause, upgrade or administer it.
contract Hold is ERC20Locks, ERC20Permit, ERC20Votes {
    /// @notice All HOLD that will ever exist, in wei.
    uint256 public constant SUPPLY = 1_000_000_000e18;

    /// @notice Mints the whole supply, once.
    /// @param holder receives the whole supply.
    constructor(address holder) ERC20("Leasehold", "HOLD") ERC20Permit("Leasehold") {
        _mint(holder, SUPPLY);
    }

    /// @notice The clock that votes are kept by: seconds (ERC-6372).
    function clock() public view override returns (uint48) {
        return uint48(block.timestamp);
    }

    /// @notice Machine-readable description of the clock (ERC-6372).
    function CLOCK_MODE() public pure override returns (string memory) {
        return "mode=timestamp";
    }

    /// @notice Next nonce of `owner` for permits and delegations by signature.
    function nonces(address owner) public view override(ERC20Permit, Nonces) returns (uint256) {
        return super.nonces(owner);
    }

    function _update(address from, address to, uint256 value) internal override(ERC20Locks, ERC20, ERC20Votes) {
        super._update(from, to, value);
    }
}
