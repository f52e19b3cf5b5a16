package dev.freshet.functions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.freshet.values.FreshetException;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The meaning of modules after they were compiled. */
class ModuleCompilerTest extends RunnerTest {
  private static final String OTHER =
      """
      export let n = 1; export const obj = { m() { return this === obj; } };
      export function bump() { n += 1; } export function whoami() { return this; }
      export default function () { return 'default'; }
      export { n as "a string name", n as if };
      export const tag = (strings) => strings[0] + (typeof this);
      export class C { static s = 5; }
      """;

  private String evaluate(String top, String expression) {
    ModuleSet modules =
        Script.modules(
            Map.of(
                "test.js",
                top + "\nexport const f = make('Query', async () => (" + expression + "));",
                "other.js",
                OTHER));
    return result(Fixtures.query(modules, "test:f", "{}"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          import { n, bump } from './other.js'; | (bump(), n) | 2
          import { n as m } from './other.js'; | [m, { m }, ((m) => m)(7), { m: 3 }.m, `${m}`] | [1,{"m":1},7,3,"1"]
          import { n } from './other.js'; | (() => { { let n = 5; if (n) { var q = n; } } return [n, q]; })() | [1,5]
          import { n } from './other.js'; | (() => { try { throw 9; } catch (n) { return n; } })() | 9
          import { n } from './other.js'; | [1, 2].map((x, i, [n]) => n) | [1,1]
          import { n } from './other.js'; | (function n() { return typeof n; })() | "function"
          import { n } from './other.js'; | ((a = n) => { var n = 4; return [a, n]; })() | [1,4]
          import { n } from './other.js'; | (() => { for (const n of [3]) { return n; } })() | 3
          import { n } from './other.js'; | (() => { switch (1) { case 1: let n = 8; return n; } })() | 8
          import { n } from './other.js'; | new (class n { x = typeof n })().x | "function"
          import { n } from './other.js'; | (class { static n = n; static { this.z = n; } }).z | 1
          import { n } from './other.js'; | (() => { n: for (;;) { break n; } return n; })() | 1
          import { whoami } from './other.js'; | whoami() === undefined | true
          import * as ns from './other.js'; | [ns.whoami() === ns, Object.keys(ns).length, ns[Symbol.toStringTag], 'n' in ns, ns['a string name']] | [true,9,"Module",true,1]
          import d from './other.js'; | [d(), d.name] | ["default","default"]
          import { tag } from './other.js'; | tag`x` | "xundefined"
          import { C } from './other.js'; | [new C() instanceof C, C.s] | [true,5]
          import { "a string name" as s, if as i } from './other.js'; | [s, i] | [1,1]
          import { obj } from './other.js'; | obj.m() | true
          import { n } from './other.js'; | (() => { try { eval; n = 3; } catch (e) { return e.name; } })() | "TypeError"
          export * from './other.js'; import { n } from './test.js'; | n | 1
          export * as all from './other.js'; import { all } from './test.js'; | all.n | 1
          export { n as renamed } from './other.js'; import { renamed } from './test.js'; | renamed | 1
          export default (1, 2); import two from './test.js'; | two | 2
          export default class {} import K from './test.js'; | K.name | "default"
          export default () => 1; import g from './test.js'; | g.name | "default"
          export const { a, b: [c] } = { a: 1, b: [2] }; import * as me from './test.js'; | [me.a, me.c] | [1,2]
          const later = () => hoisted(); function hoisted() { return 6; } export { later as default }; import l from './test.js'; | l() | 6
          import { bump as b, n } from './other.js'; let x = 1 | (() => { x\\nb()\\nreturn n })() | 2
          | this === undefined | true
          """)
  void isThatOfTheOriginal(String top, String expression, String expected) {
    assertThat(evaluate(top == null ? "" : top, expression.replace("\\n", "\n")))
        .isEqualTo(expected);
  }

  @Test
  void tellsWhereASyntaxErrorIs() {
    assertThatThrownBy(
            () -> Fixtures.modules(Map.of("bad.js", "export const a = 1;\nexport const = 2;")))
        .isInstanceOf(FreshetException.class)
        .hasMessageContaining("Failed to analyze bad.js: Uncaught SyntaxError")
        .hasMessageContaining("at bad.js:2:14");
  }

  @Test
  void storesCompiledModules() {
    CompiledModule module = new CompiledModule("code é", "map");
    assertThat(CompiledModule.decode(module.encode())).isEqualTo(module);
    CompiledModule bare = new CompiledModule("", null);
    assertThat(CompiledModule.decode(bare.encode())).isEqualTo(bare);
    assertThatThrownBy(() -> CompiledModule.decode(new byte[] {9}))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
