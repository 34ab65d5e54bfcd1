// Runs a program in a world that has little more than the language, as React Native's has:
// node bare.mjs <darkroom.js> <program> <what it is given, as JSON>
import { readFileSync } from "node:fs";
import vm from "node:vm";

const [module, program, given] = process.argv.slice(2);
const say = (what) => console.log(JSON.stringify(what));
const context = vm.createContext({ WebSocket, fetch, setTimeout, clearTimeout, say, given: JSON.parse(given) });
const modules = new Map();

function load(file) {
  if (!modules.has(file)) modules.set(file, new vm.SourceTextModule(readFileSync(file, "utf8"), { context }));
  return modules.get(file);
}

const main = load(program);
await main.link(() => load(module));
await main.evaluate();
