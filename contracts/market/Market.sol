// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Terms, Weights} from "../types/Parameters.sol";
import {LeaseBook} from "./LeaseBook.sol";
import {LeaseDisputes} from "./LeaseDisputes.sol";
import {LeaseEnd} from "./LeaseEnd.sol";
import {LeaseLife} from "./LeaseLife.sol";
import {LeaseOpening} from "./LeaseOpening.sol";
import {LeaseStart} from "./LeaseStart.sol";
import {MarketParameters} from "./MarketParameters.sol";

/// @title Market
/// @notice The whole of IMarket, from its parts: parameters, offers, the book of leases, the four chapters of a
/// lease's life, and claims. Holds no token and no bond; the vaults do.
contract Market is LeaseOpening, LeaseStart, LeaseEnd, LeaseDisputes {
    /// @notice Wires the market to the contracts around it and publishes version 1 of its parameters.
    /// @param authority AccessManager that gates the governed parameters, and nothing else.
    /// @param around the vaults below and the two contracts above.
    /// @param outageAllowance seconds, at most a day; see `OUTAGE_ALLOWANCE`.
    /// @param terms version 1 of the terms.
    /// @param weights version 1 of the collateral weights.
    constructor(
        address authority,
        Around memory around,
        uint32 outageAllowance,
        Terms memory terms,
        Weights memory weights
    ) MarketParameters(authority, terms, weights) LeaseBook(around, outageAllowance) LeaseLife(around.orders) {}
}
