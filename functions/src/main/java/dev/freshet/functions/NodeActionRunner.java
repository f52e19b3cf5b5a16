package dev.freshet.functions;

import dev.freshet.functions.RunningAction.End;
import dev.freshet.values.FreshetException;
import dev.freshet.values.Limit;
import dev.freshet.values.Limits;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@link ActionRunner} over Node.js processes. */
final class NodeActionRunner implements ActionRunner {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final int SEED_BYTES = 32;

  private final Limits limits;
  private final ModuleFiles files = new ModuleFiles();
  private final ActionPool pool;
  private final NodeVersions versions;
  private final NodePool nodePool;
  private final NodeActions nodes;
  private final FunctionRecord record = new FunctionRecord();

  NodeActionRunner(RunnerConfig config) {
    limits = config.limits();
    NodeInstallation own = config.node().installation();
    pool = new ActionPool(own, config, files);
    versions = new NodeVersions(own, System.getenv());
    nodePool = new NodePool(versions, config, files);
    nodes = new NodeActions(nodePool, limits);
  }

  @Override
  public ActionOutcome run(ActionCall call, ActionHost host) {
    if (call.environment() == ModuleEnvironment.NODE) {
      return nodes.run(call, start(call, ActionProtocol.KIND_ACTION, new byte[0]), host);
    }
    byte[] rest = new byte[0];
    return switch (perform(call, ActionProtocol.KIND_ACTION, rest, host, null, null)) {
      case Result.Finished(ActionEvent.Done done) -> done.outcome();
      case Result.Failed(JsError error) -> new ActionOutcome.Failure(error, Spent.NOTHING);
      case Result.Struck() -> new ActionOutcome.Struck(Spent.NOTHING);
    };
  }

  @Override
  public HttpOutcome serve(
      ActionCall call,
      HttpHead request,
      @Nullable InputStream body,
      ResponseSink response,
      ActionHost host) {
    HttpExchange exchange = new HttpExchange(response);
    byte[] rest =
        new MessageWriter(256)
            .text(request.method())
            .text(request.path())
            .text(requestJson(request, body != null))
            .body();
    Result result = perform(call, ActionProtocol.KIND_HTTP, rest, host, exchange, body);
    return switch (result) {
      case Result.Finished(ActionEvent.Done done) -> {
        if (done.error() != null) {
          yield exchange.failed(done.error().error(), done.spent());
        }
        yield exchange.route() == null
            ? new HttpOutcome.NoRoute()
            : exchange.answered(done.spent());
      }
      case Result.Failed(JsError error) -> exchange.failed(error, Spent.NOTHING);
      case Result.Struck() -> new HttpOutcome.Struck(exchange.headSent());
    };
  }

  private static String requestJson(HttpHead request, boolean hasBody) {
    ObjectNode json = JSON.createObjectNode();
    ArrayNode pairs = json.putArray("headerPairs");
    request.headers().forEach(header -> pairs.addArray().add(header.name()).add(header.value()));
    json.put("url", request.url()).put("method", request.method());
    if (hasBody) {
      json.put("streamId", StreamTable.BODY);
    } else {
      json.putNull("streamId");
    }
    return json.put("signal", true).toString();
  }

  /** What became of a call, over all its attempts. */
  private sealed interface Result {
    record Finished(ActionEvent.Done done) implements Result {}

    record Failed(JsError error) implements Result {}

    record Struck() implements Result {}
  }

  /**
   * Runs a call; one whose process died is run again, alone, if nothing that it did can be seen.
   *
   * @param rest the part of START that only some kinds have
   */
  private Result perform(
      ActionCall call,
      int kind,
      byte[] rest,
      ActionHost host,
      @Nullable HttpExchange exchange,
      @Nullable InputStream body) {
    String function = FunctionRecord.key(call);
    byte[] start = start(call, kind, rest);
    long deadline = System.nanoTime() + call.timeout().toNanos();
    try {
      for (boolean alone = false; ; alone = true) {
        End end;
        RunningAction running;
        try (ActionPool.Seat seat =
            pool.take(function, call.modules(), record.isProven(function), alone)) {
          running = new RunningAction(seat.process(), host, exchange, limits, false);
          seat.start(running.start(start));
          if (body != null) {
            running.sendBody(body);
          }
          if (exchange != null) {
            exchange.onDisconnect(running::clientGone);
          }
          end = running.await(deadline);
        }
        switch (end) {
          case End.Finished(ActionEvent.Done done) -> {
            if (record.ended(function, running.longestTurn(), done.grownBytes())) {
              pool.join(function);
            }
            if (exchange != null) {
              exchange.awaitWritten();
            }
            return new Result.Finished(done);
          }
          case End.TimedOut() -> {
            record.misbehaved(function);
            return new Result.Failed(Budget.timeout(call.timeout()));
          }
          case End.ProcessDied(ActionProcess.Death death, boolean harmless) -> {
            if (death.culprit()) {
              record.misbehaved(function);
            }
            JsError error = death.culprit() ? culpritsError(death) : null;
            if (error != null && (alone || death.cause() == CauseOfDeath.USER_TIMEOUT)) {
              return new Result.Failed(error);
            }
            if (alone || !harmless || body != null) {
              return error == null ? new Result.Struck() : new Result.Failed(error);
            }
          }
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw FreshetException.internal("interrupted while an action ran", e);
    }
  }

  /**
   * The documented error of a call that cost its process; null if it is not known to be its own.
   */
  private @Nullable JsError culpritsError(ActionProcess.Death death) {
    return switch (death.cause()) {
      case USER_TIMEOUT ->
          Budget.timeout(Duration.ofSeconds(limits.get(Limit.ACTION_SHARED_TURN_SECONDS)));
      case HEAP, DATA_LIMIT -> JsError.outOfMemory(limits.get(Limit.ISOLATE_MAX_USER_HEAP_SIZE));
      default -> null;
    };
  }

  private static byte[] start(ActionCall call, int kind, byte[] rest) {
    MessageWriter start =
        new MessageWriter(call.argsJson().length + rest.length + 1024)
            .u8(kind)
            .text(call.modules().identity())
            .text(call.modulePath())
            .text(call.functionName())
            .text(call.requestId())
            .raw(call.importPhase().seed(), 0, SEED_BYTES)
            .f64((double) call.importPhase().unixMillis())
            .u32(call.variables().size());
    call.variables().forEach((name, value) -> start.text(name).text(value));
    return start.text(call.argsJson()).raw(rest, 0, rest.length).body();
  }

  @Override
  public AnalyzedModule analyzeNode(
      Evaluation module, SortedMap<String, String> variables, NodeSetup node) {
    Duration timeout = Duration.ofSeconds(limits.get(Limit.NODE_ANALYZE_TIMEOUT_SECONDS));
    ActionCall call =
        new ActionCall(
            ModuleEnvironment.NODE,
            module.modules(),
            module.modulePath(),
            "",
            new byte[0],
            "",
            module.importPhase(),
            variables,
            node,
            timeout);
    byte[] start = start(call, ActionProtocol.KIND_ANALYSIS, new byte[0]);
    return nodes.analyze(call, start);
  }

  @Override
  public boolean hasNode(@Nullable Integer major) {
    return versions.has(major);
  }

  @Override
  public @Nullable Path nodeExecutable(@Nullable Integer major) {
    return versions.has(major) ? Path.of(versions.get(major).executable()) : null;
  }

  @Override
  public RunnerStats stats(ModuleEnvironment environment) {
    return environment == ModuleEnvironment.NODE ? nodePool.stats() : pool.stats();
  }

  /** Ids of the processes for actions in contexts. */
  java.util.List<Long> pids() {
    return pool.pids();
  }

  /** Ids of the processes of Node actions. */
  java.util.List<Long> nodePids() {
    return nodePool.pids();
  }

  @Override
  public void close() {
    pool.close();
    nodePool.close();
    files.close();
  }
}
