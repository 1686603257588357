// Compiles one contract at a time, in a thread of its own: standard JSON in, standard JSON out.
const { parentPort } = require("node:worker_threads");

const solc = require("solc");

parentPort.on("message", (input) => parentPort.postMessage(solc.compile(input)));
