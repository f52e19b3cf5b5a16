package dev.freshet.functions;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DynamicImportTest extends ActionTest {
  private static ModuleSet modules(String body) {
    Map<String, String> all = new HashMap<>();
    all.put(
        "test.js",
        "const action = (handler) => Object.assign(() => {}, { isAction: true, isPublic: true,"
            + " invokeAction: async (id, args) => JSON.stringify((await handler()) ?? null) });"
            + " export const f = action(async () => {"
            + body
            + "});");
    all.put("lib/late.js", "import { one } from './one.js'; export const two = one + 1;");
    all.put("lib/one.js", "export const one = 1; export let loads = 0; loads++;");
    all.put("fails.js", "throw new Error('while loading');");
    all.put("mail.js", "\"use node\"; export const x = 1;");
    return Fixtures.modules(all);
  }

  private String text(String body) {
    return result(outcome(modules(body)));
  }

  @Test
  void loadsModulesWhenTheyAreAskedFor() {
    assertThat(
            text(
                "const a = await import('./lib/late.js'); const b = await import('./lib/one');"
                    + " const again = await import('./lib/late.js');"
                    + " return [a.two, b.loads, a === again];"))
        .isEqualTo("[2,1,true]");
  }

  @Test
  void rejectsForWhatCannotBeLoaded() {
    assertThat(
            text(
                "const texts = []; for (const name of ['./missing.js', 'node:fs', './mail.js',"
                    + " './fails.js']) { try { await import(name); } catch (e) {"
                    + " texts.push(e.message); } } return texts;"))
        .isEqualTo(
            "[\"Couldn't find JavaScript module 'missing.js'.\",\"Couldn't import \\\"node:fs\\\""
                + " from \\\"test.js\\\": relative import path not prefixed with / or ./ or"
                + " ../\",\"Couldn't import 'mail.js' here: it has \\\"use node\\\" and runs in"
                + " Node.js.\",\"while loading\"]");
  }
}
