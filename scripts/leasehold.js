#!/usr/bin/env node
// Starts the TypeScript program as it is: nothing has to be built after `npm ci`.
const path = require("node:path");

// tsx reads the tsconfig.json of the directory that it is started in, unless told: that of a stranger would break us.
process.env.TSX_TSCONFIG_PATH = path.join(__dirname, "..", "tsconfig.json");
require("tsx/cjs/api").register();
require("./leasehold.ts");
