import assert from "node:assert/strict";
import { test } from "node:test";
import { componentsOfBom, componentsOfLock, isAllowed } from "./licences.mjs";

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
    { name: "g:n:1", licence: "EPL-2.0 OR House rules" },
    { name: ":bare:2", licence: "" },
  ]);
  const lock = {
    packages: { "": {}, "node_modules/a/node_modules/b": { version: "3", license: "ISC" } },
  };
  assert.deepEqual(componentsOfLock(lock), [{ name: "b@3", licence: "ISC" }]);
});
