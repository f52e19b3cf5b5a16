package dev.freshet.functions;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.freshet.functions.LoadedContexts.Loaded;
import dev.freshet.functions.SyscallResult.Answer;
import dev.freshet.functions.SyscallResult.Failed;
import dev.freshet.functions.SyscallResult.Nested;
import dev.freshet.functions.SyscallResult.Rows;
import dev.freshet.values.FreshetException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Serves one top-level call, with the calls nested in it, on the thread that owns the process.
 *
 * <p>The runner is either running JavaScript (then this thread waits in {@code receive}, under the
 * deadline) or waiting for this thread (then the host works, and its time counts as system time). A
 * nested call is served by a recursion in between. A failure that user code must not see leaves all
 * recursions at once as an exception; {@link #run} then tells the runner to drop the calls.
 */
final class CallServer {
  private static final byte[] ROW_START = "{\"value\":".getBytes(US_ASCII);
  private static final byte[] ROW_END = ",\"done\":false}".getBytes(US_ASCII);

  private final RunnerSession session;
  private final RunnerProcess process;
  private final Budget budget;

  /** The running calls, the innermost last. */
  private final ArrayList<Frame> frames = new ArrayList<>();

  /** One running call. */
  private static final class Frame {
    final FunctionCall call;
    final FunctionHost host;
    final boolean nested;
    final List<LogLine> lines = new ArrayList<>();
    final Map<String, @Nullable String> importReads = new LinkedHashMap<>();
    final long userAtStart;
    Observed observed = Observed.NOTHING;
    boolean fresh = true;

    Frame(FunctionCall call, FunctionHost host, boolean nested, long userAtStart) {
      this.call = call;
      this.host = host;
      this.nested = nested;
      this.userAtStart = userAtStart;
    }
  }

  CallServer(RunnerSession session, CallLimits limits) {
    this.session = session;
    this.process = session.process();
    this.budget = new Budget(limits);
  }

  /**
   * @throws RunnerDiedException if the process is gone; any other exception leaves it idle
   */
  FunctionOutcome run(FunctionCall call, FunctionHost host) {
    try {
      return serve(call, host, false);
    } catch (RunnerDiedException e) {
      throw e;
    } catch (RuntimeException | Error e) {
      session.abort(budget);
      throw e;
    }
  }

  /** What was written until now, for a call whose process died. */
  List<LogLine> linesSoFar() {
    return frames.isEmpty() ? List.of() : List.copyOf(frames.getFirst().lines);
  }

  Budget budget() {
    return budget;
  }

  private FunctionOutcome serve(FunctionCall call, FunctionHost host, boolean nested) {
    Frame frame = new Frame(call, host, nested, budget.userNanos());
    frames.add(frame);
    start(frame);
    for (; ; ) {
      int type = process.receive(budget);
      switch (type) {
        case RunnerProtocol.TURN -> answerTurn(frame);
        case RunnerProtocol.SYSCALL -> answerSyscall(frame);
        case RunnerProtocol.ENVIRONMENT -> answerEnvironment(frame);
        case RunnerProtocol.LOG -> log();
        case RunnerProtocol.NEED_SCRIPT, RunnerProtocol.NEED_MAP -> session.answerCode(type);
        case RunnerProtocol.DONE -> {
          FunctionOutcome outcome = finish(frame);
          frames.removeLast();
          return outcome;
        }
        default -> throw session.unexpected(type);
      }
    }
  }

  private void start(Frame frame) {
    FunctionCall call = frame.call;
    session.define(call.modules());
    Loaded context = usableContext(frame);
    if (context != null) {
      frame.fresh = false;
      frame.importReads.putAll(context.environment());
      context.importLines().forEach(this::addLine);
    }
    process
        .out
        .u32(context == null ? 0 : context.id())
        .flag(call.kind() == FunctionKind.MUTATION)
        .flag(frame.nested)
        .text(call.modules().identity())
        .text(call.modulePath())
        .text(call.functionName())
        .text(call.argsJson())
        .raw(call.seed(), 0, RunnerSession.SEED_BYTES)
        .f64((double) call.unixMillis());
    session.writePhase(call.importPhase());
    process.send(RunnerProtocol.RUN);
  }

  private @Nullable Loaded usableContext(Frame frame) {
    Loaded context = session.contexts().take(LoadKey.of(frame.call));
    if (context == null || context.environment().isEmpty()) {
      return context;
    }
    long start = System.nanoTime();
    try {
      if (LoadedContexts.isCurrent(context, frame.host)) {
        return context;
      }
    } finally {
      budget.addSystem(System.nanoTime() - start);
    }
    session.drop(context.id());
    return null;
  }

  private void answerTurn(Frame frame) {
    readStreams(frame);
    int count = process.in.u32();
    List<Syscall> pending = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      pending.add(new Syscall(process.in.text(), process.in.text(), process.in.u32()));
    }
    List<SyscallResult> results = new ArrayList<>(count);
    while (results.size() < count) {
      List<Syscall> rest = pending.subList(results.size(), count);
      for (SyscallResult result : askHost(frame, rest)) {
        results.add(result instanceof Nested nested ? runNested(nested) : result);
      }
    }
    process.out.u32(count);
    results.forEach(this::writeResult);
    process.send(RunnerProtocol.DELIVER);
  }

  private List<SyscallResult> askHost(Frame frame, List<Syscall> pending) {
    long start = System.nanoTime();
    List<SyscallResult> results;
    try {
      results = frame.host.asyncSyscalls(pending);
    } catch (FreshetException e) {
      results = List.of(new Failed(e));
    }
    hostWorked(start);
    if (results.isEmpty() || results.size() > pending.size()) {
      throw FreshetException.internal(
          results.size() + " answers to " + pending.size() + " syscalls", null);
    }
    return results;
  }

  private SyscallResult runNested(Nested nested) {
    FunctionOutcome outcome = serve(nested.call(), nested.host(), true);
    Frame caller = frames.getLast();
    caller.observed = caller.observed.or(outcome.observed());
    long start = System.nanoTime();
    SyscallResult result;
    try {
      result = nested.finish().apply(outcome);
    } catch (FreshetException e) {
      result = new Failed(e);
    }
    hostWorked(start);
    return result;
  }

  private void hostWorked(long start) {
    budget.addSystem(System.nanoTime() - start);
    if (budget.isSystemExceeded()) {
      throw FreshetException.badRequest(
          "SystemTimeoutError", "Your request timed out performing too many system operations.");
    }
  }

  private void writeResult(SyscallResult result) {
    switch (result) {
      case Answer(byte[] bytes, int offset, int length) ->
          process.out.u8(RunnerProtocol.DELIVERED).text(bytes, offset, length);
      case Rows(List<Answer> documents, boolean ends) -> {
        process.out.u8(RunnerProtocol.DELIVERED_ROWS).u32(documents.size());
        documents.forEach(this::writeRow);
        process.out.flag(ends);
      }
      case Failed(FreshetException error) ->
          writeFailure(process.out.u8(RunnerProtocol.DELIVERED_FAILURE), visible(error));
      case Nested _ -> throw FreshetException.internal("the end of a nested call nests", null);
    }
  }

  private void writeRow(Answer document) {
    process
        .out
        .u32(ROW_START.length + document.length() + ROW_END.length)
        .raw(ROW_START, 0, ROW_START.length)
        .raw(document.bytes(), document.offset(), document.length())
        .raw(ROW_END, 0, ROW_END.length);
  }

  /** Passes on which rows of running queries user code has taken. */
  private void readStreams(Frame frame) {
    MessageReader in = process.in;
    boolean rewind = in.flag();
    for (int count = in.u32(); count > 0; count--) {
      frame.host.streamRead(in.u32(), in.u32(), in.flag());
    }
    if (rewind) {
      frame.host.rewindStreams();
    }
  }

  /** The error, if user code may see it. */
  private static FreshetException visible(FreshetException error) {
    if (!error.errorClass().isDeterministicUserError()) {
      throw error;
    }
    return error;
  }

  private static void writeFailure(MessageWriter out, FreshetException error) {
    out.text(error.text());
    String data = ErrorData.json(error);
    out.flag(data != null);
    if (data != null) {
      out.text(data);
    }
  }

  private void answerSyscall(Frame frame) {
    String operation = process.in.text();
    String args = process.in.text();
    long start = System.nanoTime();
    try {
      String answer = frame.host.syscall(operation, args);
      process.out.u8(RunnerProtocol.OK).text(answer);
    } catch (FreshetException e) {
      writeFailure(process.out.u8(RunnerProtocol.FAILED), visible(e));
    }
    hostWorked(start);
    process.send(RunnerProtocol.ANSWER);
  }

  private void answerEnvironment(Frame frame) {
    String name = process.in.text();
    boolean importing = process.in.flag();
    long start = System.nanoTime();
    String value = frame.host.environmentVariable(name);
    hostWorked(start);
    if (importing) {
      frame.importReads.put(name, value);
    }
    session.answerVariable(value);
  }

  private void log() {
    addLine(session.readLine());
  }

  private void addLine(LogLine line) {
    Frame writer = frames.getLast();
    LogLine told =
        writer.nested
            ? new LogLine(
                line.level(),
                line.messages(),
                line.truncated(),
                line.unixMillis(),
                writer.call.path())
            : line;
    frames.forEach(frame -> frame.lines.add(told));
  }

  private FunctionOutcome finish(Frame frame) {
    readStreams(frame);
    MessageReader in = process.in;
    boolean ok = in.flag();
    int flags = in.u8();
    int kept = in.u32();
    session.noteNewScripts((flags & RunnerProtocol.FLAG_NEW_SCRIPTS) != 0);
    Observed observed =
        frame.observed.or(
            new Observed(
                (flags & RunnerProtocol.FLAG_TIME) != 0,
                (flags & RunnerProtocol.FLAG_RANDOM) != 0));
    Duration userTime = Duration.ofNanos(budget.userNanos() - frame.userAtStart);
    List<LogLine> lines = List.copyOf(frame.lines);
    FunctionOutcome outcome =
        ok
            ? new FunctionOutcome.Success(in.bytes(), lines, observed, userTime)
            : new FunctionOutcome.Failure(session.readFailure().error(), lines, observed, userTime);
    remember(frame, kept);
    return outcome;
  }

  private void remember(Frame frame, int kept) {
    LoadKey key = LoadKey.of(frame.call);
    if (frame.fresh) {
      session.importReads().put(key, Collections.unmodifiableMap(frame.importReads));
    }
    if (kept != 0) {
      session.keep(new Loaded(kept, key, frame.importReads, List.of()));
    } else {
      session.contexts().want(key);
    }
  }
}
