package dev.freshet.functions;

import dev.freshet.values.FreshetException;
import dev.freshet.values.Limit;
import dev.freshet.values.Limits;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One process that runs actions, and the frames to and from it. Thread-safe.
 *
 * <p>One thread reads and hands each frame to the listener of its call, which never blocks; another
 * one writes what {@link #queue} holds. So a process that computes, or doesn't read, or is full of
 * answers, never holds up the server, nor does a call that isn't looked after hold up the others of
 * its process. Between RUNNING and PARKED a call has its turn: when the process dies then, that
 * call is the culprit.
 */
final class ActionProcess implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ActionProcess.class);
  private static final long CLOSE_SECONDS = 2;
  private static final long START_SECONDS = 30;
  private static final int SMALL_FRAME = 256;

  /** How a process ended. */
  record Death(CauseOfDeath cause, boolean culprit, String text) {}

  /** What a call hears, on the reading thread; none of it may block. */
  interface Listener {
    void turn(boolean running, double millis);

    void received(int type, MessageReader in) throws IOException;

    void died(Death death);
  }

  private final Process process;
  private final OrphanGuard guard;
  private final ErrorOutput errors;
  private final MessageReader in;
  private final int largest;
  final FrameQueue queue;
  private final Map<Integer, Listener> calls = new ConcurrentHashMap<>();
  private final AtomicInteger lastCall = new AtomicInteger();
  private final Consumer<CauseOfDeath> ended;
  private volatile int running;
  private volatile long turnStart;
  private volatile long usedBytes;
  private volatile @Nullable CauseOfDeath killed;
  private volatile boolean ready;
  private volatile boolean dead;
  private volatile List<ProcessHandle> children = List.of();

  private ActionProcess(
      Process process, OrphanGuard guard, int largest, Consumer<CauseOfDeath> ended) {
    this.process = process;
    this.guard = guard;
    this.largest = largest;
    this.ended = ended;
    this.errors = new ErrorOutput(process);
    this.in = new MessageReader(process.getInputStream());
    this.queue = new FrameQueue(process.getOutputStream());
    guard.add(process.pid());
  }

  /**
   * Starts a process and waits until it speaks.
   *
   * @param largest bytes of the largest frame that it may send
   * @param codeDirectory where it finds modules
   * @param ended called once, on the reading thread, when the process is gone, with the cause:
   *     {@code CLOSED} if it had nothing to do
   */
  static ActionProcess start(
      ProcessCommand command,
      Limits limits,
      OrphanGuard guard,
      int largest,
      String codeDirectory,
      Consumer<CauseOfDeath> ended) {
    try {
      ActionProcess started = new ActionProcess(command.builder().start(), guard, largest, ended);
      started.greet(limits, codeDirectory);
      return started;
    } catch (IOException e) {
      throw FreshetException.internal("can't start a process for actions", e);
    }
  }

  private void greet(Limits limits, String codeDirectory) {
    queue.sendNow(
        frame(0)
            .u16(ActionProtocol.VERSION)
            .u32(limits.getInt(Limit.MAX_LOG_LINES))
            .u32(limits.getInt(Limit.MAX_LOG_LINE_LENGTH))
            .u32(limits.getInt(Limit.MAX_ERROR_MESSAGE_LENGTH))
            .u32(limits.getInt(Limit.MAX_ACTION_OPERATIONS))
            .u32(limits.getInt(Limit.MAX_ACTION_TIMERS))
            .u32(limits.getInt(Limit.ACTION_STREAM_CREDIT))
            .u32(largest)
            .u32(limits.getInt(Limit.FUNCTION_MAX_RESULT_SIZE))
            .u32(limits.getInt(Limit.ISOLATE_MAX_USER_HEAP_SIZE))
            .text(codeDirectory)
            .frame(ActionProtocol.HELLO));
    CompletableFuture.delayedExecutor(START_SECONDS, TimeUnit.SECONDS)
        .execute(this::endUnlessReady);
    try {
      int type = next();
      ready = true;
      in.u32();
      if (type != ActionProtocol.READY || in.u16() != ActionProtocol.VERSION) {
        throw FreshetException.internal("a process for actions of another version", null);
      }
      Thread.ofPlatform().name("action-reader-" + process.pid()).daemon().start(this::read);
    } catch (IOException e) {
      String text = errors.text();
      giveUp();
      throw FreshetException.internal("a process for actions ended at its start: " + text, e);
    } catch (RuntimeException | Error e) {
      giveUp();
      throw e;
    }
  }

  private void giveUp() {
    kill(CauseOfDeath.CLOSED);
    queue.close();
    guard.remove(process.pid());
  }

  private void endUnlessReady() {
    if (!ready && process.isAlive()) {
      LOG.warn("A process for actions didn't speak for {} seconds", START_SECONDS);
      kill(CauseOfDeath.CLOSED);
    }
  }

  /** A frame to be written; finished by {@link MessageWriter#frame}. */
  static MessageWriter frame(int call) {
    return new MessageWriter(SMALL_FRAME).u32(call);
  }

  private int next() throws IOException {
    int type = in.head();
    int length = in.length();
    if (length < 5 || length > ActionProtocol.largest(type, largest)) {
      kill(CauseOfDeath.PROTOCOL);
      throw new IOException("frame " + type + " of " + length + " bytes");
    }
    in.body();
    return type;
  }

  private void read() {
    String problem = "";
    try {
      for (; ; ) {
        int type = next();
        int call = in.u32();
        Listener listener = calls.get(call);
        switch (type) {
          case ActionProtocol.RUNNING -> began(call, listener);
          case ActionProtocol.PARKED -> parked(listener);
          default -> {
            if (type == ActionProtocol.DONE && running == call) {
              running = 0;
            }
            if (listener != null) {
              listener.received(type, in);
            }
          }
        }
      }
    } catch (IOException e) {
      problem = String.valueOf(e.getMessage());
    } catch (RuntimeException e) {
      LOG.warn("A process for actions sent something unreadable", e);
    }
    gone(problem);
  }

  private void began(int call, @Nullable Listener listener) {
    turnStart = System.nanoTime();
    running = call;
    if (listener != null) {
      listener.turn(true, 0);
    }
  }

  private void parked(@Nullable Listener listener) {
    running = 0;
    double millis = in.f64();
    long kib = in.u32() & 0xffffffffL;
    if (kib > 0) {
      usedBytes = kib << 10;
    }
    if (listener != null) {
      listener.turn(false, millis);
    }
  }

  private void gone(String problem) {
    int culprit = running;
    boolean asked = killed != null;
    CauseOfDeath cause = killed;
    int exitCode = exitCode();
    String output = errors.text();
    if (cause == null) {
      cause = CauseOfDeath.of(exitCode, output);
      if (cause == CauseOfDeath.UNKNOWN && !calls.isEmpty()) {
        LOG.warn("A process for actions died ({}): {}", problem, output);
      }
    }
    guard.remove(process.pid());
    queue.close();
    errors.close();
    dead = true;
    ended.accept(calls.isEmpty() ? CauseOfDeath.CLOSED : cause);
    children.forEach(ProcessHandle::destroyForcibly);
    for (Map.Entry<Integer, Listener> call : calls.entrySet()) {
      boolean guilty = call.getKey() == culprit && cause != CauseOfDeath.CLOSED;
      call.getValue().died(new Death(cause, guilty, asked ? "" : problem));
    }
    calls.clear();
  }

  /** Its exit code; ends it if it only stopped to speak. */
  private int exitCode() {
    try {
      if (process.waitFor(CLOSE_SECONDS, TimeUnit.SECONDS)) {
        return process.exitValue();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    process.destroyForcibly();
    return 0;
  }

  /**
   * A number for a new call, whose frames go to the listener from now on. A process that is gone
   * tells so at once.
   */
  int open(Listener listener) {
    int call = lastCall.incrementAndGet();
    calls.put(call, listener);
    if (dead && calls.remove(call) != null) {
      listener.died(new Death(CauseOfDeath.UNKNOWN, false, "the process had ended"));
    }
    return call;
  }

  void forget(int call) {
    calls.remove(call);
  }

  /** The number of the call that has its turn; 0 if none has. */
  int running() {
    return running;
  }

  /** How long the present turn has lasted. */
  Duration turn() {
    long start = turnStart;
    return running == 0 ? Duration.ZERO : Duration.ofNanos(System.nanoTime() - start);
  }

  /** Heap and buffers when they were last measured. */
  long usedBytes() {
    return usedBytes;
  }

  /** Notes which processes it has started: those of one that crashes can't be found any more. */
  void noteChildren() {
    children = process.descendants().toList();
  }

  long pid() {
    return process.pid();
  }

  /** Whether it has gone, though its calls may not have heard of it yet. */
  boolean isDead() {
    return dead || !process.isAlive();
  }

  /** Ends the process; the first cause counts. */
  synchronized void kill(CauseOfDeath cause) {
    if (killed == null) {
      killed = cause;
    }
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
  }

  /** Ends an idle process in order, any other by force. Doesn't wait. */
  @Override
  public void close() {
    synchronized (this) {
      if (killed == null) {
        killed = CauseOfDeath.CLOSED;
      }
    }
    queue.close();
    Thread.startVirtualThread(
        () -> {
          try {
            if (process.waitFor(CLOSE_SECONDS, TimeUnit.SECONDS)) {
              return;
            }
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          kill(CauseOfDeath.CLOSED);
        });
  }
}
