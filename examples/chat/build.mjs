// Bundles the page into dist/; with --serve also serves it and rebuilds on every change.
// The deployment's address comes from CONVEX_URL, in the environment or in .env.local.
import { existsSync, readFileSync } from "node:fs";
import { cp, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import * as esbuild from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const { values: options } = parseArgs({
  options: {
    serve: { type: "boolean", default: false },
    host: { type: "string", default: "127.0.0.1" },
    port: { type: "string", default: "5173" },
    outdir: { type: "string", default: join(here, "dist") },
  },
});

const convexUrl = process.env.CONVEX_URL ?? fromEnvFile(join(here, ".env.local"), "CONVEX_URL");
if (!convexUrl) {
  console.error("CONVEX_URL is not set: push the functions first (npm run push).");
  process.exit(1);
}

await mkdir(options.outdir, { recursive: true });
await cp(join(here, "src/index.html"), join(options.outdir, "index.html"));
const context = await esbuild.context({
  entryPoints: [join(here, "src/main.tsx")],
  outdir: options.outdir,
  bundle: true,
  format: "esm",
  jsx: "automatic",
  minify: !options.serve,
  sourcemap: options.serve,
  define: {
    "process.env.NODE_ENV": JSON.stringify(options.serve ? "development" : "production"),
    "process.env.CONVEX_URL": JSON.stringify(convexUrl),
  },
  logLevel: "warning",
});

if (options.serve) {
  const { port } = await context.serve({
    servedir: options.outdir,
    host: options.host,
    port: Number(options.port),
  });
  await context.watch();
  console.log(`page on http://${options.host}:${port}`);
} else {
  await context.rebuild();
  await context.dispose();
}

function fromEnvFile(file, name) {
  if (!existsSync(file)) return undefined;
  const line = readFileSync(file, "utf8").match(new RegExp(`^${name}=(.*)$`, "m"));
  return line?.[1].replace(/\s+#.*$/, "").trim().replace(/^(["'])(.*)\1$/, "$2");
}
