package dev.freshet.functions;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.freshet.functions.FunctionOutcome.Success;
import dev.freshet.values.FreshetException;
import dev.freshet.values.Limits;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a runner does between calls, step by step. */
class RunnerSessionTest {
  private static final ModuleSet MODULES =
      Script.query("const greeting = process.env.GREETING;", "return greeting ?? 'none';");

  private final RunnerFiles files = new RunnerFiles();
  private final OrphanGuard guard = new OrphanGuard();
  private final Supervisor supervisor = new Supervisor(_ -> {});
  private final LargeFrames frames = LargeFrames.ofThisServer(Limits.defaults());
  private final CodeCaches caches = new CodeCaches(files.directory("code"));
  private final ImportReads importReads = new ImportReads();
  private final List<RunnerProcess> processes = new ArrayList<>();
  private final StubHost host = new StubHost();
  private RunnerSession session;

  @BeforeEach
  void start() {
    session = open();
  }

  private RunnerSession open() {
    Limits limits = Limits.defaults();
    RunnerPool.Shared shared = new RunnerPool.Shared(limits, caches, importReads, frames);
    RunnerProcess process =
        RunnerProcess.start(
            NodeInstallation.find(null), files.file("runner.cjs"), shared, guard, supervisor);
    processes.add(process);
    return new RunnerSession(process, shared);
  }

  @AfterEach
  void stop() {
    processes.forEach(RunnerProcess::close);
    supervisor.close();
    guard.close();
    files.close();
  }

  private static FunctionCall call() {
    return Fixtures.query(MODULES, "test:f", "{}");
  }

  private String run(FunctionHost asked) {
    FunctionCall call = call();
    FunctionOutcome outcome = new CallServer(session, call.limits()).run(call, asked);
    return new String(((Success) outcome).resultJson(), UTF_8);
  }

  private void prepareAll() {
    while (session.prepareAhead()) {
      assertThat(session.process().isAlive()).isTrue();
    }
  }

  @Test
  void takesCodeCachesAfterACallAndHandsThemToOtherRunners() {
    String hash = MODULES.modules().values().iterator().next().sha256();
    run(host);
    assertThat(caches.get(hash)).isNull();
    prepareAll();
    byte[] cache = caches.get(hash);
    assertThat(cache).isNotNull();
    session = open();
    run(host);
    prepareAll();
    // A cache that was accepted is not taken again.
    assertThat(caches.get(hash)).isEqualTo(cache);
  }

  @Test
  void loadsTheNextContextBetweenCalls() {
    LoadKey key = LoadKey.of(call());
    run(host);
    assertThat(session.contexts().nextWanted()).isEqualTo(key);
    host.variablesRead.clear();
    prepareAll();
    assertThat(session.contexts().nextWanted()).isNull();
    assertThat(host.variablesRead).isEmpty();
    assertThat(run(host)).isEqualTo("\"none\"");
    assertThat(host.variablesRead).containsExactly("GREETING");
    assertThat(session.contexts().nextWanted()).isEqualTo(key);
  }

  @Test
  void endsACallInOrderWhosePreparedContextCanNotBeChecked() {
    run(host);
    prepareAll();
    FunctionHost failing =
        new FunctionHost() {
          @Override
          public String syscall(String operation, String argsJson) {
            return "null";
          }

          @Override
          public List<SyscallResult> asyncSyscalls(List<Syscall> pending) {
            return List.of(SyscallResult.answer("null"));
          }

          @Override
          public @Nullable String environmentVariable(String name) {
            throw FreshetException.internal("no storage", null);
          }
        };
    assertThatThrownBy(() -> run(failing)).hasMessageContaining("no storage");
    assertThat(session.process().isAlive()).isTrue();
    assertThat(run(host)).isEqualTo("\"none\"");
  }
}
