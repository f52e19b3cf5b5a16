package dev.freshet.functions;

import static dev.freshet.functions.ProcessCommand.MIB;

import dev.freshet.values.FreshetException;
import dev.freshet.values.Limit;
import dev.freshet.values.Limits;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One runner process and the messages to and from it. Used by the one thread that owns it; only
 * {@link #kill}, {@link #deadline} and {@link #cpuTime} are for others, namely the supervisor.
 */
final class RunnerProcess implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RunnerProcess.class);
  private static final long CLOSE_SECONDS = 2;
  private static final long START_NANOS = Duration.ofSeconds(30).toNanos();

  /** Heap beyond the user's share: the environment, prepared contexts, compiled scripts. */
  private static final long HEAP_EXTRA = 64 * MIB;

  /**
   * Writable memory beyond heap and buffers: the engine itself, its stacks and young generation.
   */
  private static final long DATA_EXTRA = 104 * MIB;

  private static final int YOUNG_GENERATION_MIB = 16;

  private final Process process;
  private final OrphanGuard guard;
  private final LargeFrames frames;
  private final Supervisor supervisor;
  private final OutputStream toProcess;

  private final ErrorOutput errors;
  final MessageWriter out = new MessageWriter();
  final MessageReader in;
  private volatile long deadline;
  private volatile @Nullable CauseOfDeath killed;
  private int callsServed;

  /** What the last message holds of the large frames' memory. */
  private int frameShare;

  private long frameWait;

  /** When it must have said that it has started; 0 once it has. */
  private volatile long startDeadline = System.nanoTime() + START_NANOS;

  private long sizeAtStart;

  private RunnerProcess(
      Process process, OrphanGuard guard, LargeFrames frames, Supervisor supervisor) {
    this.process = process;
    this.guard = guard;
    this.frames = frames;
    this.supervisor = supervisor;
    this.toProcess = process.getOutputStream();
    this.in = new MessageReader(process.getInputStream());
    this.errors = new ErrorOutput(process);
    guard.add(process.pid());
    supervisor.add(this);
  }

  /**
   * @throws FreshetException internal, with a text that tells why it can't be started
   */
  static RunnerProcess start(
      NodeInstallation node,
      Path script,
      RunnerPool.Shared shared,
      OrphanGuard guard,
      Supervisor supervisor) {
    Process process;
    try {
      process = command(node, script, shared.limits()).builder().start();
    } catch (IOException e) {
      throw FreshetException.internal(
          "can't start " + node.executable() + ": " + e.getMessage(), e);
    }
    RunnerProcess runner = new RunnerProcess(process, guard, shared.frames(), supervisor);
    try {
      runner.greet(shared.limits());
      return runner;
    } catch (RuntimeException e) {
      runner.close();
      throw e;
    }
  }

  private static ProcessCommand command(NodeInstallation node, Path script, Limits limits) {
    long heap = limits.get(Limit.ISOLATE_MAX_USER_HEAP_SIZE) + HEAP_EXTRA;
    long data =
        node.dataBytes()
            + heap
            + limits.get(Limit.ISOLATE_MAX_ARRAY_BUFFER_TOTAL_SIZE)
            + DATA_EXTRA;
    return ProcessCommand.ofContexts(node, script, script, data, heap, YOUNG_GENERATION_MIB);
  }

  private void greet(Limits limits) {
    out.u16(RunnerProtocol.VERSION)
        .u32(limits.getInt(Limit.MAX_LOG_LINES))
        .u32(limits.getInt(Limit.MAX_LOG_LINE_LENGTH))
        .u32(limits.getInt(Limit.MAX_ERROR_MESSAGE_LENGTH))
        .u32(frames.largest())
        .u32(frames.resultMib());
    try {
      send(RunnerProtocol.HELLO);
      int type = receive();
      if (type != RunnerProtocol.READY || in.u16() != RunnerProtocol.VERSION) {
        throw FreshetException.internal("a function runner speaks another version", null);
      }
    } catch (RunnerDiedException e) {
      String why =
          e.reason() == CauseOfDeath.HUNG_AT_START
              ? "a function runner did not start in time"
              : "a function runner ended at its start: "
                  + errors.text().lines().limit(5).collect(Collectors.joining(" | "));
      throw FreshetException.internal(why, e);
    }
    startDeadline = 0;
    sizeAtStart = residentBytes();
  }

  void send(int type) {
    try {
      out.send(type, toProcess);
    } catch (IOException e) {
      throw died(e);
    }
  }

  /** Waits for the next message, without a deadline. */
  int receive() {
    try {
      return next();
    } catch (IOException e) {
      throw died(e);
    }
  }

  private int next() throws IOException {
    forgetMessage();
    int type = in.head();
    int length = in.length();
    if (length < 1 || length > frames.largest(type)) {
      kill(CauseOfDeath.PROTOCOL);
      throw new IOException("message " + type + " of " + length + " bytes");
    }
    if (length > LargeFrames.UNCOUNTED) {
      takeShare(length);
    }
    in.body();
    return type;
  }

  /** The runner has stopped until its message is read, so its time doesn't go on. */
  private void takeShare(int length) throws IOException {
    long start = System.nanoTime();
    long paused = deadline;
    deadline = 0;
    try {
      frameShare = frames.take(length);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while waiting to read a large message");
    }
    long waited = System.nanoTime() - start;
    frameWait += waited;
    if (paused != 0) {
      deadline = paused + waited;
    }
  }

  /** Gives back what the last message holds of the server's memory. Its parts are read. */
  void forgetMessage() {
    if (frameShare > 0) {
      in.shrink();
      frames.giveBack(frameShare);
      frameShare = 0;
    }
  }

  /** Waits while JavaScript runs, for as long as the budget has time. */
  int receive(Budget budget) {
    long start = System.nanoTime();
    deadline = Math.max(1, start + budget.userLeft());
    frameWait = 0;
    try {
      return next();
    } catch (IOException e) {
      throw died(e);
    } finally {
      deadline = 0;
      budget.addUser(System.nanoTime() - start - frameWait);
    }
  }

  private RunnerDiedException died(IOException e) {
    CauseOfDeath cause = killed;
    if (cause != null) {
      return new RunnerDiedException(cause, "a runner was ended: " + cause, e);
    }
    boolean exited = false;
    try {
      exited = process.waitFor(CLOSE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException interrupt) {
      Thread.currentThread().interrupt();
    }
    String output = errors.text();
    int exitCode = exited ? process.exitValue() : 0;
    CauseOfDeath found = CauseOfDeath.of(exitCode, output);
    String status = exited ? "exit code " + exitCode : "still running";
    if (!found.isMemory() && startDeadline == 0) {
      LOG.warn("Runner {} died ({}, {}): {}", pid(), found, status, output);
    }
    return new RunnerDiedException(found, "a runner died, " + status, e);
  }

  boolean isLateToStart(long now) {
    long until = startDeadline;
    return until != 0 && now - until > 0;
  }

  /** Memory of the process; 0 if unknown. */
  private long residentBytes() {
    return ResidentMemory.of(pid());
  }

  /** Whether it takes that many times the memory that it took when it started. */
  boolean hasGrown(int times) {
    return sizeAtStart > 0 && residentBytes() > sizeAtStart * times;
  }

  /** The {@code System.nanoTime()} at which JavaScript has run for too long; 0 while none runs. */
  long deadline() {
    return deadline;
  }

  /**
   * Gives the JavaScript that runs now another deadline, if it is still the one with this deadline.
   */
  void extend(long seen, long newDeadline) {
    if (deadline == seen) {
      deadline = newDeadline;
    }
  }

  /**
   * Processor time that the process has used, in nanoseconds; negative if the platform can't tell.
   */
  long cpuTime() {
    return process.info().totalCpuDuration().map(Duration::toNanos).orElse(-1L);
  }

  /** Ends the process; the first cause counts. */
  synchronized boolean kill(CauseOfDeath cause) {
    boolean first = killed == null;
    if (first) {
      killed = cause;
    }
    process.destroyForcibly();
    return first;
  }

  long pid() {
    return process.pid();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** How many calls had run in this process before the present one. */
  int callsServed() {
    return callsServed;
  }

  void countCall() {
    callsServed++;
  }

  /** Ends an idle process in order, any other by force. */
  @Override
  public void close() {
    forgetMessage();
    supervisor.remove(this);
    if (killed == null) {
      killed = CauseOfDeath.CLOSED;
    }
    try {
      toProcess.close();
    } catch (IOException e) {
      LOG.trace("The input of a runner was closed already", e);
    }
    try {
      if (!process.waitFor(CLOSE_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
    guard.remove(process.pid());
    errors.close();
  }
}
