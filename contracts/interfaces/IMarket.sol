// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IEscrow} from "./IEscrow.sol";
import {ILeases} from "./ILeases.sol";
import {ILiveness} from "./ILiveness.sol";
import {IMarketParameters} from "./IMarketParameters.sol";
import {IOffers} from "./IOffers.sol";
import {IStaking} from "./IStaking.sol";

/// @title Market
/// @notice Offers and leases, over the vaults that hold the money and the bonds.
interface IMarket is IMarketParameters, IOffers, ILeases {
    /// @notice Vault of payment tokens.
    function ESCROW() external view returns (IEscrow);

    /// @notice Vault of bonds.
    function STAKING() external view returns (IStaking);

    /// @notice Heartbeat clocks.
    function LIVENESS() external view returns (ILiveness);
}
