// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/**
 * @title A token without value, for tests and trials.
 * @notice Whoever deploys it gets the whole supply, and there is no more of it.
 */
contract TestToken is ERC20 {
    /// @param supply Base units; 10^18 of them are one token.
    constructor(uint256 supply) ERC20("FieldProof Test Token", "FPTEST") {
        _mint(msg.sender, supply);
    }
}
