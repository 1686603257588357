// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

// Compiles library contracts that deploy and tests need as artifacts.
import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol"; // solhint-disable-line no-unused-import
