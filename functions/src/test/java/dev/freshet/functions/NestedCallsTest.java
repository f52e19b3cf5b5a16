package dev.freshet.functions;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.freshet.functions.FunctionOutcome.Failure;
import dev.freshet.functions.FunctionOutcome.Success;
import dev.freshet.functions.SyscallResult.Nested;
import dev.freshet.values.ErrorClass;
import dev.freshet.values.FreshetException;
import dev.freshet.values.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class NestedCallsTest extends RunnerTest {
  private static final ModuleSet MODULES =
      Script.modules(
          Map.of(
              "test.js",
              """
              let calls = 0;
              const run = (name) => call('run', name);
              export const f = make('Mutation', async () => { calls++; console.log('outer before'); const r = await run('inner:f'); console.log('outer after'); return [r, calls]; });
              export const catches = make('Query', async () => { try { return await run('inner:fails'); } catch (e) { return [e.message, e.data ?? null, e.constructor === Error]; } });
              export const deep = make('Query', async () => [await run('test:deep')]);
              export const mixed = make('Mutation', async () => Promise.all([call('get'), run('inner:reads'), call('get')]));
              export const random = make('Query', async () => [Math.random(), await run('inner:random'), await run('inner:random')]);
              export const loops = make('Query', async () => { try { await run('inner:loops'); } catch (e) { return 'caught'; } });
              export const unhandled = make('Query', async () => { try { await run('inner:unhandled'); } catch (e) { return e.message; } });
              """,
              "inner.js",
              """
              let calls = 0;
              export const f = make('Query', async () => { console.log('inner'); Date.now(); return ++calls; });
              export const fails = make('Query', async () => { throw new Error('inner failed'); });
              export const reads = make('Query', async () => [await call('get'), await call('get')]);
              export const random = make('Query', async () => Math.random());
              export const loops = make('Query', async () => { for (;;); });
              export const unhandled = make('Query', async () => { Promise.reject(new Error('lost')); return 1; });
              """));

  private int depth;
  private final List<FunctionOutcome> nestedOutcomes = new ArrayList<>();

  private SyscallResult answer(Syscall syscall) {
    if (!syscall.operation().equals("run")) {
      return SyscallResult.answer("\"" + syscall.operation() + "\"");
    }
    if (++depth > 8) {
      return StubHost.failed("too deep");
    }
    String address = syscall.argsJson().replace("\"", "");
    return new Nested(Fixtures.query(MODULES, address, "{}"), host, this::finish);
  }

  private SyscallResult finish(FunctionOutcome outcome) {
    nestedOutcomes.add(outcome);
    return switch (outcome) {
      case Success success -> SyscallResult.answer(success.resultJson());
      case Failure failure ->
          new SyscallResult.Failed(
              new FreshetException(
                  ErrorClass.BAD_REQUEST,
                  "Nested",
                  failure.error().message(),
                  Value.of(7.5),
                  null));
    };
  }

  private FunctionOutcome run(String address) {
    host.answers = this::answer;
    return runner.run(
        address.equals("test:f") || address.equals("test:mixed")
            ? Fixtures.mutation(MODULES, address, "{}")
            : Fixtures.query(MODULES, address, "{}"),
        host);
  }

  private String runForResult(String address) {
    FunctionOutcome outcome = run(address);
    assertThat(outcome).isInstanceOf(Success.class);
    return new String(((Success) outcome).resultJson(), UTF_8);
  }

  @Test
  void runInAContextOfTheirOwnAndMergeWhatTheyDid() {
    for (int i = 0; i < 3; i++) {
      FunctionOutcome outcome = run("test:f");
      assertThat(new String(((Success) outcome).resultJson(), UTF_8)).isEqualTo("[1,1]");
      assertThat(outcome.logLines())
          .extracting(line -> line.pretty() + " " + line.functionPath())
          .containsExactly(
              "[LOG] 'outer before' null", "[LOG] 'inner' inner.js:f", "[LOG] 'outer after' null");
      assertThat(outcome.observed()).isEqualTo(new Observed(true, false));
      assertThat(nestedOutcomes.getLast().logLines()).hasSize(1);
    }
  }

  @Test
  void failAsRejectionsOfTheirCaller() {
    assertThat(runForResult("test:catches"))
        .isEqualTo("[\"Uncaught Error: inner failed\",7.5,true]");
    assertThat(runForResult("test:unhandled")).isEqualTo("\"Uncaught Error: lost\"");
  }

  @Test
  void nestAsDeepAsTheHostAllows() {
    FunctionOutcome outcome = run("test:deep");
    assertThat(((Failure) outcome).error().message()).contains("too deep");
    assertThat(nestedOutcomes).hasSize(8);
  }

  @Test
  void keepTheOrderOfTheirCallersSyscalls() {
    assertThat(runForResult("test:mixed")).isEqualTo("[\"get\",[\"get\",\"get\"],\"get\"]");
    assertThat(host.asked).containsExactly("get", "run", "get", "get", "get");
  }

  @Test
  void drawRandomnessFromTheirCaller() {
    String first = runForResult("test:random");
    assertThat(runForResult("test:random")).isEqualTo(first);
    assertThat(first.replaceAll("[\\[\\]]", "").split(",")).doesNotHaveDuplicates();
  }

  @Test
  void shareTheirCallersTime() {
    FunctionOutcome outcome = run("test:loops");
    assertThat(((Failure) outcome).error().message())
        .isEqualTo("Function execution timed out (maximum duration: 1s)");
  }

  @Test
  void endWithAllTheirCallersWhenTheHostFails() {
    host.answers =
        syscall -> {
          if (syscall.operation().equals("get")) {
            throw new FreshetException(ErrorClass.OCC, "Occ", "lost");
          }
          return answer(syscall);
        };
    assertThatThrownBy(() -> runner.run(Fixtures.query(MODULES, "inner:reads", "{}"), host))
        .hasMessage("lost");
    Nested nested = new Nested(Fixtures.query(MODULES, "inner:reads", "{}"), host, this::finish);
    StubHost outer = new StubHost();
    outer.answers = syscall -> nested;
    assertThatThrownBy(() -> runner.run(Fixtures.query(MODULES, "test:catches", "{}"), outer))
        .hasMessage("lost");
    assertThat(queried("return 1;")).isEqualTo("1");
  }
}
