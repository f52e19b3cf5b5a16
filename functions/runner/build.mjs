// Bundles the runners into the folder that Maven packs into the jar.
import { build } from "esbuild";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const out = `${here}/../target/generated-resources/dev/freshet/functions`;
const common = { bundle: true, write: false, target: "node20", charset: "utf8", logLevel: "warning", legalComments: "inline", absWorkingDir: here };

// A script that runs inside contexts: its value is its set-up function.
async function inContext(entry) {
  const { outputFiles } = await build({
    ...common,
    entryPoints: [entry],
    platform: "browser",
    format: "esm",
  });
  const { text } = outputFiles[0];
  const body = text.replace(/\nexport \{\s*setup\s*\};\s*$/, "\nreturn setup;");
  if (body === text) {
    throw new Error(`${entry} must export setup and nothing else`);
  }
  return JSON.stringify(`(function(){"use strict";${body}\n})()`);
}

async function program(entry, define = {}) {
  const { outputFiles } = await build({
    ...common,
    platform: "node",
    format: "cjs",
    banner: { js: '"use strict";' },
    entryPoints: [entry],
    define,
  });
  return outputFiles[0].contents;
}

const WEB_SOURCE = await inContext("src/web/main.ts");
await mkdir(out, { recursive: true });
await writeFile(
  `${out}/runner.cjs`,
  await program("src/process/main.ts", { ENVIRONMENT_SOURCE: await inContext("src/context/main.ts"), WEB_SOURCE }),
);
await writeFile(
  `${out}/actions.cjs`,
  await program("src/action/main.ts", { ENVIRONMENT_SOURCE: await inContext("src/context/action.ts"), WEB_SOURCE }),
);
if (existsSync(`${here}/src/node/main.ts`)) {
  await writeFile(`${out}/node-actions.cjs`, await program("src/node/main.ts"));
}
const compiler = await program("src/compiler/main.ts");
await writeFile(`${out}/compiler.cjs`, compiler);
await writeFile(`${out}/compiler.version`, createHash("sha256").update(compiler).digest("hex").slice(0, 16));
