import assert from "node:assert/strict";
import { test } from "node:test";
import { componentsOfBom, componentsOfLock, isAllowed, isException } from "./licences.mjs";

test("a licence on the list is allowed, another or none is refused", () => {
  assert.equal(isAllowed("MIT"), true);
  assert.equal(isAllowed("Bouncy Castle Licence"), true);
  assert.equal(isAllowed("AGPL-3.0-only"), false);
  assert.equal(isAllowed(""), false);
});

test("OR offers a choice, AND binds", () => {
  assert.equal(isAllowed("GPL-2.0-only OR EPL-2.0"), true);
  assert.equal(isAllowed("MIT AND GPL-3.0-only"), false);
  assert.equal(isAllowed("(GPL-2.0-only OR MIT) AND (ISC OR AGPL-3.0-only)"), true);
  assert.equal(isAllowed("MIT OR"), false);
});

test("components are read from a bill of materials and from a lock file", () => {
  const bom = {
    components: [
      {
        group: "g",
        name: "n",
        version: "1",
        licenses: [{ license: { id: "EPL-2.0" } }, { license: { name: "House rules" } }],
      },
      { name: "bare", version: "2" },
    ],
  };
  assert.deepEqual(componentsOfBom(bom), [
    { group: "g", shipped: true, name: "g:n:1", licence: "EPL-2.0 OR House rules" },
    { group: undefined, shipped: true, name: ":bare:2", licence: "" },
  ]);
  const lock = {
    packages: { "": {}, "node_modules/a/node_modules/b": { version: "3", license: "ISC" } },
  };
  assert.deepEqual(componentsOfLock(lock), [{ name: "b@3", licence: "ISC" }]);
});

test("a benchmark's library is an exception by name, unless the server needs it", () => {
  const server = "pkg:maven/dev.freshet/freshet-server@1?type=jar";
  const bench = "pkg:maven/dev.freshet/freshet-bench@1?type=jar";
  const library = "pkg:maven/org.openjdk.jmh/jmh-core@1?type=jar";
  const between = "pkg:maven/g/between@1?type=jar";
  const exceptions = (dependencies, group = "org.openjdk.jmh") =>
    componentsOfBom({
      components: [
        {
          "bom-ref": library,
          group,
          name: "jmh-core",
          version: "1",
          licenses: [{ license: { id: "GPL-2.0-with-classpath-exception" } }],
        },
      ],
      dependencies,
    }).map(isException);
  const direct = { ref: bench, dependsOn: [server, library] };
  assert.deepEqual(exceptions([direct, { ref: server }]), [true]);
  assert.deepEqual(exceptions([direct, { ref: server }], "org.other"), [false]);
  assert.deepEqual(exceptions([direct, { ref: server, dependsOn: [library] }]), [false]);
  const indirect = [{ ref: server, dependsOn: [between] }, { ref: between, dependsOn: [library] }];
  assert.deepEqual(exceptions([direct, ...indirect]), [false]);
  assert.deepEqual(exceptions([]), [false]);
  assert.equal(isException({ group: "org.openjdk.jmh", licence: "GPL-2.0-only", shipped: false }), false);
});
