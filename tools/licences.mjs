// Holds the licences of everything this project uses against one allow-list:
//   node tools/licences.mjs target/freshet-sbom.json [package-lock.json ...]
// Without lock files on the command line, every package-lock.json git knows of is read.
// Exits 1 and names each component whose licence is not allowed.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ALLOWED = new Set([
  "0BSD",
  "Apache-2.0",
  "BlueOak-1.0.0",
  "Bouncy Castle Licence", // MIT in other words
  "BSD-2-Clause",
  "BSD-3-Clause",
  "CC0-1.0",
  "EPL-1.0",
  "EPL-2.0",
  "ISC",
  "MIT",
  "MPL-2.0",
  "Mozilla Public License Version 2.0", // as Lincheck spells it
]);

/**
 * What measures or tests and isn't on the list: allowed by name, as long as nothing that is shipped
 * needs it.
 */
const NOT_SHIPPED = [
  {
    group: "org.openjdk.jmh",
    licences: [
      "GPL-2.0-with-classpath-exception",
      "GNU General Public License (GPL), version 2, with the Classpath exception",
    ],
  },
];
const SHIPPED = /^pkg:maven\/dev\.freshet\/freshet-server@/;

/** Whether an SPDX expression (licences joined by OR, AND and brackets) can be satisfied by allowed licences. */
export function isAllowed(expression) {
  const tokens = expression.match(/\(|\)|\bOR\b|\bAND\b|(?:(?!\b(?:OR|AND)\b)[^()])+/g) ?? [];
  const words = tokens.map((token) => token.trim()).filter((token) => token !== "");
  let at = 0;
  const either = () => {
    let allowed = all();
    while (words[at] === "OR") {
      at++;
      allowed = all() || allowed;
    }
    return allowed;
  };
  const all = () => {
    let allowed = one();
    while (words[at] === "AND") {
      at++;
      allowed = one() && allowed;
    }
    return allowed;
  };
  const one = () => {
    const word = words[at++];
    if (word !== "(") return ALLOWED.has(word);
    const allowed = either();
    at++;
    return allowed;
  };
  return either() && at === words.length;
}

/** The components of a CycloneDX document; several licences of one component are a choice. */
export function componentsOfBom(bom) {
  const shipped = neededBy(SHIPPED, bom.dependencies ?? []);
  return bom.components.map((component) => ({
    group: component.group,
    shipped: shipped.size === 0 || shipped.has(component["bom-ref"]), // if it can't be told, it is
    name: `${component.group ?? ""}:${component.name}:${component.version}`,
    licence: (component.licenses ?? [])
      .map((entry) => entry.expression ?? entry.license.id ?? entry.license.name)
      .join(" OR "),
  }));
}

/** Whether a component may be used though its licence is not on the list. */
export function isException(component) {
  return NOT_SHIPPED.some(
    ({ group, licences }) =>
      component.group === group && licences.includes(component.licence) && component.shipped === false,
  );
}

/** All that the components whose reference matches depend on, themselves included. */
function neededBy(start, dependencies) {
  const direct = new Map(dependencies.map(({ ref, dependsOn }) => [ref, dependsOn ?? []]));
  const needed = new Set([...direct.keys()].filter((ref) => start.test(ref)));
  for (const ref of needed) {
    for (const next of direct.get(ref) ?? []) needed.add(next);
  }
  return needed;
}

/** The packages of an npm lock file, without the project itself. */
export function componentsOfLock(lock) {
  return Object.entries(lock.packages)
    .filter(([path, entry]) => path.includes("node_modules/") && !entry.link)
    .map(([path, entry]) => ({
      name: `${path.split("node_modules/").pop()}@${entry.version}`,
      licence: entry.license ?? "",
    }));
}

function main(files) {
  const locks = files.slice(1);
  const components = componentsOfBom(JSON.parse(readFileSync(files[0], "utf8")));
  for (const lock of locks.length > 0 ? locks : knownLocks()) {
    components.push(...componentsOfLock(JSON.parse(readFileSync(lock, "utf8"))));
  }
  const refused = components.filter(
    (component) => !isAllowed(component.licence) && !isException(component),
  );
  for (const { name, licence } of refused) {
    console.error(`licence not on the allow-list: ${name}: ${licence || "none given"}`);
  }
  console.log(`${components.length} components, ${refused.length} with a licence that is not allowed`);
  process.exitCode = refused.length === 0 ? 0 : 1;
}

function knownLocks() {
  const root = dirname(dirname(fileURLToPath(import.meta.url)));
  try {
    const listed = execFileSync("git", ["-C", root, "ls-files", "*package-lock.json"]);
    return String(listed).split("\n").filter(Boolean).map((path) => join(root, path));
  } catch {
    return []; // a source archive without its history
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  main(process.argv.slice(2));
}
