package dev.freshet.functions;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import dev.freshet.functions.RunningAction.End;
import dev.freshet.values.FreshetException;
import dev.freshet.values.Limit;
import dev.freshet.values.Limits;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Runs actions in Node, and evaluates their modules at push. Node actions are never run again: what
 * they do the server doesn't see.
 */
final class NodeActions {
  private final NodePool pool;
  private final Limits limits;

  NodeActions(NodePool pool, Limits limits) {
    this.pool = pool;
    this.limits = limits;
  }

  /**
   * @param start the part of START that is the same in every process
   */
  ActionOutcome run(ActionCall call, byte[] start, ActionHost host) {
    return switch (perform(call, start, host)) {
      case End.Finished(ActionEvent.Done done) -> done.outcome();
      case End.TimedOut() -> new ActionOutcome.Failure(timeout(call), Spent.NOTHING);
      case End.ProcessDied(ActionProcess.Death death, boolean _) -> {
        JsError error = deathError(death);
        yield error == null
            ? new ActionOutcome.Struck(Spent.NOTHING)
            : new ActionOutcome.Failure(error, Spent.NOTHING);
      }
    };
  }

  private End perform(ActionCall call, byte[] start, ActionHost host) {
    long deadline = System.nanoTime() + call.timeout().toNanos();
    try (NodePool.Seat seat = pool.take(call.modules(), call.node(), call.variables())) {
      boolean kept = false;
      try {
        RunningAction running = new RunningAction(seat.process(), host, null, limits, true);
        seat.process().queue.sendNow(running.start(start));
        End end = running.await(deadline);
        kept = end instanceof End.Finished(ActionEvent.Done done) && !done.exiting();
        return end;
      } finally {
        if (!kept) {
          seat.spoil();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw FreshetException.internal("interrupted while a Node action ran", e);
    }
  }

  private static JsError timeout(ActionCall call) {
    return JsError.of(
        "Action `"
            + call.functionName()
            + "` execution timed out (maximum duration "
            + Budget.seconds(call.timeout())
            + ")");
  }

  /** Null if the end of the process was not the action's. */
  private @Nullable JsError deathError(ActionProcess.Death death) {
    return switch (death.cause()) {
      case HEAP, DATA_LIMIT -> JsError.outOfMemory(limits.get(Limit.NODE_ACTION_MAX_HEAP_SIZE));
      case KILLED_FROM_OUTSIDE, CLOSED -> null;
      default -> JsError.of("The Node.js process ended unexpectedly while the action ran");
    };
  }

  AnalyzedModule analyze(ActionCall call, byte[] start) {
    List<LogLine> lines = new ArrayList<>();
    End end = perform(call, start, new AnalysisHost(lines));
    if (end instanceof End.Finished(ActionEvent.Done done) && done.error() == null) {
      return AnalysisReader.read(call.modulePath(), new String(done.resultJson(), UTF_8));
    }
    String prefix = Problem.analysisFailed(call.modulePath());
    throw problem(call, end).refusal("InvalidModules", prefix, lines);
  }

  private Problem problem(ActionCall call, End end) {
    return switch (end) {
      case End.Finished(ActionEvent.Done done) when done.error() != null -> done.error();
      case End.TimedOut() -> Problem.of(Budget.timeout(call.timeout()));
      case End.ProcessDied(ActionProcess.Death death, boolean _) when deathError(death) != null ->
          Problem.of(requireNonNull(deathError(death)));
      default -> throw FreshetException.internal("a process that analyzed a module ended", null);
    };
  }

  /** Modules that are evaluated may log, nothing else. */
  private record AnalysisHost(List<LogLine> lines) implements ActionHost {
    @Override
    public byte[] request(String operation, String argsJson) {
      throw FreshetException.badRequest(
          "NoDbDuringImport", "Can't use " + operation + " at import time");
    }

    @Override
    public String store(
        InputStream content, @Nullable String contentType, @Nullable String digest) {
      throw FreshetException.badRequest("NoDbDuringImport", "Can't store files at import time");
    }

    @Override
    public @Nullable StoredContent open(String storageId) {
      return null;
    }

    @Override
    public void log(LogLine line) {
      lines.add(line);
    }

    @Override
    public void parked(boolean parked) {}
  }
}
