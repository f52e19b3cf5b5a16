// Bundles the runner into the folder that Maven packs into the jar.
import { build } from "esbuild";
import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const out = `${here}/../target/generated-resources/dev/freshet/functions`;
const common = { bundle: true, write: false, target: "node20", charset: "utf8", logLevel: "warning", legalComments: "inline", absWorkingDir: here };

// The environment of user code: a script whose value is its set-up function.
const context = await build({
  ...common,
  entryPoints: ["src/context/main.ts"],
  platform: "browser",
  format: "iife",
  globalName: "environment",
});
const environment = `(function(){"use strict";${context.outputFiles[0].text}\nreturn environment.setup;})()`;

const node = { ...common, platform: "node", format: "cjs", banner: { js: '"use strict";' } };
const runner = await build({
  ...node,
  entryPoints: ["src/process/main.ts"],
  define: { ENVIRONMENT_SOURCE: JSON.stringify(environment) },
});
const compiler = await build({ ...node, entryPoints: ["src/compiler/main.ts"] });

await mkdir(out, { recursive: true });
await writeFile(`${out}/runner.cjs`, runner.outputFiles[0].contents);
await writeFile(`${out}/compiler.cjs`, compiler.outputFiles[0].contents);
await writeFile(`${out}/compiler.version`, createHash("sha256").update(compiler.outputFiles[0].contents).digest("hex").slice(0, 16));
