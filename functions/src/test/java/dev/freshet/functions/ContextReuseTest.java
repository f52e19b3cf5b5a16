package dev.freshet.functions;

import static dev.freshet.functions.Fixtures.mutation;
import static dev.freshet.functions.Fixtures.query;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.functions.FunctionOutcome.Success;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class ContextReuseTest extends RunnerTest {
  private static final ModuleSet APP = Fixtures.app("app");

  private String state(String greeting) {
    host.environment.put("GREETING", greeting);
    return result(query(APP, "reused:state", "{}"));
  }

  @Test
  void keepsTheContextOfAModuleThatOptsIn() {
    String before = state("kept");
    int calls = Integer.parseInt(before.replaceAll("\\D", ""));
    assertThat(state("kept")).isEqualTo("\"kept " + (calls + 1) + "\"");
    host.answers = syscall -> SyscallResult.answer("{\"_id\":\"new\"}");
    assertThat(result(mutation(APP, "reused:insert", "{}"))).isEqualTo("\"new\"");
    assertThat(state("kept")).isEqualTo("\"kept " + (calls + 2) + "\"");
  }

  @Test
  void loadsAnewWhenAVariableReadAtImportHasChanged() {
    state("one");
    assertThat(state("two")).isEqualTo("\"two 1\"");
    assertThat(state("two")).isEqualTo("\"two 2\"");
    host.variablesRead.clear();
    state("two");
    assertThat(host.variablesRead).containsExactly("GREETING");
  }

  @Test
  void loadsAnewAfterAFailure() {
    state("failing");
    error(query(APP, "reused:fails", "{}"));
    assertThat(state("failing")).isEqualTo("\"failing 1\"");
  }

  @Test
  void loadsAnewForAnotherSetOfModules() {
    ModuleSet first =
        Script.query("export const experimental_reuseContext = true; let n = 0;", "return ++n;");
    ModuleSet second =
        Script.query("export const experimental_reuseContext = true; let n = 10;", "return ++n;");
    assertThat(result(query(first, "test:f", "{}"))).isEqualTo("1");
    assertThat(result(query(first, "test:f", "{}"))).isEqualTo("2");
    assertThat(result(query(second, "test:f", "{}"))).isEqualTo("11");
    assertThat(result(query(first, "test:f", "{}"))).isEqualTo("3");
  }

  @Test
  void givesEachCallItsOwnSeedAndClock() {
    ModuleSet modules =
        Script.query(
            "export const experimental_reuseContext = true;",
            "return [Math.random(), Date.now()];");
    String first = result(query(modules, "test:f", "{}"));
    assertThat(result(query(modules, "test:f", "{}"))).isEqualTo(first);
    assertThat(runner.run(query(modules, "test:f", "{}"), host).observed())
        .isEqualTo(new Observed(true, true));
  }

  @Test
  void preparedContextsBehaveLikeFreshOnes() {
    ModuleSet modules =
        Script.query(
            "console.log('loaded'); const g = process.env.GREETING; const r = Math.random(); let n"
                + " = 0;",
            "console.log('called'); return [g, ++n, r];");
    String[] results = new String[6];
    for (int i = 0; i < results.length; i++) {
      host.environment.put("GREETING", i < 3 ? "a" : "b");
      host.variablesRead.clear();
      FunctionOutcome outcome = runner.run(query(modules, "test:f", "{}"), host);
      results[i] = new String(((Success) outcome).resultJson(), UTF_8);
      assertThat(outcome.logLines())
          .extracting(LogLine::pretty)
          .containsExactly("[LOG] 'loaded'", "[LOG] 'called'");
      assertThat(host.variablesRead).contains("GREETING");
    }
    assertThat(Arrays.copyOfRange(results, 0, 3)).containsOnly(results[0]);
    assertThat(Arrays.copyOfRange(results, 3, 6))
        .containsOnly(results[0].replace("\"a\"", "\"b\""));
  }

  @Test
  void keepsContextsOfNestedCallsToo() {
    ModuleSet modules =
        Script.module(
            """
            export const experimental_reuseContext = true;
            let calls = 0;
            export const inner = make('Query', async () => [++calls, Math.random()]);
            export const f = make('Query', async () => [++calls, await call('run'), await call('run')]);
            """);
    host.answers =
        syscall ->
            new SyscallResult.Nested(
                query(modules, "test:inner", "{}"),
                new StubHost(),
                outcome -> SyscallResult.answer(((Success) outcome).resultJson()));
    for (int i = 1; i <= 3; i++) {
      assertThat(result(query(modules, "test:f", "{}")))
          .startsWith("[" + i + ",[" + (2 * i - 1) + ",")
          .contains(",[" + 2 * i + ",");
    }
  }
}
