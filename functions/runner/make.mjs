// What Maven runs: installs the packages of the lock file if they aren't, type-checks and bundles, unless all is up to date.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
process.chdir(here);
const target = `${here}/../target`;

function hash(files) {
  const sum = createHash("sha256").update(process.version);
  for (const file of files) {
    sum.update(file).update(readFileSync(file));
  }
  return sum.digest("hex");
}

function filesIn(directory) {
  return readdirSync(directory, { recursive: true })
    .map((name) => `${directory}/${name}`)
    .filter((path) => statSync(path).isFile())
    .sort();
}

function run(command, ...args) {
  execFileSync(command, args, { stdio: "inherit", shell: process.platform === "win32" });
}

function unlessDone(stamp, key, work) {
  if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== key) {
    work();
    mkdirSync(dirname(stamp), { recursive: true });
    writeFileSync(stamp, key);
  }
}

unlessDone("node_modules/.freshet-lock", hash(["package-lock.json"]), () =>
  run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"),
);
const own = readdirSync(".").filter((name) => /\.(json|mjs)$/.test(name)).sort();
unlessDone(`${target}/runner.stamp`, hash([...own, ...filesIn("src"), ...filesIn("fixtures")]), () => {
  run("node", "node_modules/typescript/bin/tsc", "-p", "tsconfig.context.json");
  run("node", "node_modules/typescript/bin/tsc", "-p", "tsconfig.process.json");
  run("node", "build.mjs");
  run("node", "fixtures.mjs");
});
