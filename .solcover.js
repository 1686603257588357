const Module = require("node:module");
const path = require("node:path");

// A factory of typechain-types/ carries bytecode, and the committed one is not instrumented: what it deploys would count
// as never run. The coverage run generates its own types (hardhat.config.ts) and this leads every import there.
const committed = path.join(__dirname, "typechain-types") + path.sep;
const instrumented = path.join(__dirname, "cache", "coverage", "typechain-types") + path.sep;
const resolve = Module._resolveFilename;
Module._resolveFilename = function (...args) {
  const file = resolve.apply(this, args);
  return file.startsWith(committed) ? instrumented + file.slice(committed.length) : file;
};

module.exports = {
  // With viaIR the plugin keeps the optimizer on and instruments in a way that it cannot remove.
  skipFiles: ["mocks/", "test/"],
  istanbulReporter: ["html", "lcov", "json-summary", "text"],
};
