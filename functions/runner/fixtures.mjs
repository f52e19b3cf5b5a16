// Bundles the test apps the way the convex CLI bundles a project's functions.
import { build } from "esbuild";
import { readdirSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const out = `${here}/../target/test-fixtures`;
rmSync(out, { recursive: true, force: true });
for (const app of readdirSync(`${here}/fixtures`)) {
  const files = readdirSync(`${here}/fixtures/${app}`).filter((name) => /\.tsx?$/.test(name));
  const alone = (name) => /^(schema|auth\.config|convex\.config)\./.test(name);
  const bundle = (names, splitting) =>
    build({
      absWorkingDir: here,
      entryPoints: names.map((name) => `fixtures/${app}/${name}`),
      outbase: `fixtures/${app}`,
      outdir: `${out}/${app}`,
      bundle: true,
      platform: "browser",
      format: "esm",
      target: "esnext",
      jsx: "automatic",
      conditions: ["convex", "module"],
      sourcemap: true,
      sourcesContent: false,
      splitting,
      chunkNames: "_deps/[hash]",
      treeShaking: true,
      minifySyntax: true,
      minifyIdentifiers: true,
      keepNames: true,
      define: { "process.env.NODE_ENV": '"production"' },
      logLevel: "error",
    });
  await bundle(files.filter((name) => !alone(name)), true);
  for (const name of files.filter(alone)) {
    await bundle([name], false);
  }
}
