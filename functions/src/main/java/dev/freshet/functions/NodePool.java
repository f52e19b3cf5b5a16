package dev.freshet.functions;

import static dev.freshet.functions.ProcessCommand.MIB;

import dev.freshet.functions.MemoryBudget.Owner;
import dev.freshet.functions.MemoryBudget.Place;
import dev.freshet.values.ErrorClass;
import dev.freshet.values.FreshetException;
import dev.freshet.values.Limit;
import dev.freshet.values.Limits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The processes of actions that run in Node. Each runs one call at a time; one that has ended in
 * order is kept for the next call with the same key, since its modules are loaded. Thread-safe.
 *
 * <p>States of a process: busy from its start or choice until its seat is closed; then idle, or
 * ended if the call has spoilt it. A deploy that changes modules, packages or variables changes the
 * key, so older processes end when they have been idle for long enough, or when their room is
 * needed.
 */
final class NodePool implements AutoCloseable {
  private static final long TICK_NANOS = Duration.ofMillis(200).toNanos();
  private static final int TICKS_PER_NOTE = 5;
  private static final int STACK_FRAMES = 100;

  /** Writable memory beyond node and the JavaScript heap: buffers, addons, threads. */
  private static final long DATA_EXTRA = 512 * MIB;

  /** What a process is expected to use. */
  private static final long EXPECTED = 160 * MIB;

  private static final List<String> INHERITED = List.of("PATH", "LANG");

  /** What must be the same for a process to be used again. */
  record Key(
      @Nullable Integer major,
      @Nullable Path packages,
      String modules,
      Map<String, String> variables) {}

  private final Limits limits;
  private final MemoryBudget memory;
  private final ModuleFiles files;
  private final NodeVersions versions;
  private final OrphanGuard guard = new OrphanGuard();
  private final int largestFrame;
  private final List<NodeProcess> processes = new ArrayList<>();
  private final Thread watcher;
  private final AtomicInteger waiting = new AtomicInteger();
  private final RunnerCounters counters = new RunnerCounters();
  private boolean closed;
  private int starts;

  private static final class NodeProcess {
    final Key key;
    final Place place;
    final Path directory;
    final ModuleFiles.Use code;
    @Nullable ActionProcess process;
    boolean busy = true;
    long idleSince;

    NodeProcess(Key key, Place place, Path directory, ModuleFiles.Use code) {
      this.key = key;
      this.place = place;
      this.directory = directory;
      this.code = code;
    }

    /** Gives back what it took. It has gone, or never started. */
    void clear() {
      place.close();
      code.close();
      RunnerFiles.delete(directory);
    }
  }

  /** The use of a process for one call. */
  final class Seat implements AutoCloseable {
    private final NodeProcess used;
    private final ActionProcess process;
    private boolean spoilt;

    private Seat(NodeProcess used, ActionProcess process) {
      this.used = used;
      this.process = process;
    }

    ActionProcess process() {
      return process;
    }

    /** The process won't be used again. */
    void spoil() {
      spoilt = true;
    }

    @Override
    public void close() {
      leave(used, process, spoilt);
    }
  }

  NodePool(NodeVersions versions, RunnerConfig config, ModuleFiles files) {
    this.limits = config.limits();
    this.memory = config.memory();
    this.files = files;
    this.versions = versions;
    this.largestFrame = LargeFrames.ofThisServer(limits).largest();
    memory.whenShort(() -> endIdle(Duration.ZERO));
    watcher = Thread.ofPlatform().name("node-watcher").daemon().start(this::watch);
  }

  /**
   * @throws FreshetException {@code DeploymentNotConfiguredForNodeActions}, or {@code
   *     TooManyConcurrentRequests} if there is no room for another process in time
   */
  Seat take(ModuleSet modules, NodeSetup setup, SortedMap<String, String> variables)
      throws InterruptedException {
    NodeInstallation node = versions.get(setup.major());
    Key key = new Key(setup.major(), setup.packages(), modules.identity(), Map.copyOf(variables));
    counters.called();
    Seat idle = idle(key);
    if (idle != null) {
      return idle;
    }
    Place place;
    waiting.incrementAndGet();
    try {
      place = room();
    } finally {
      waiting.decrementAndGet();
    }
    ModuleFiles.Use code;
    try {
      code = files.ofNode(modules, setup.packages());
    } catch (RuntimeException | Error e) {
      place.close();
      throw e;
    }
    Path directory = files.directory().resolve("node-" + nextStart());
    return start(node, new NodeProcess(key, place, directory, code));
  }

  private synchronized @Nullable Seat idle(Key key) {
    if (closed) {
      throw FreshetException.internal("the server stops", null);
    }
    for (NodeProcess candidate : processes) {
      ActionProcess process = candidate.process;
      if (process != null && !candidate.busy && !process.isDead() && candidate.key.equals(key)) {
        candidate.busy = true;
        return new Seat(candidate, process);
      }
    }
    return null;
  }

  private Place room() throws InterruptedException {
    long patience = limits.get(Limit.APPLICATION_FUNCTION_RUNNER_ACTION_SEMAPHORE_TIMEOUT);
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(patience);
    for (; ; ) {
      Place place = memory.tryTake(Owner.NODE, EXPECTED);
      if (place != null) {
        return place;
      }
      if (System.nanoTime() > deadline) {
        throw new FreshetException(
            ErrorClass.RATE_LIMITED,
            "TooManyConcurrentRequests",
            "Too many concurrent requests. There is no room for another running Node action.");
      }
      synchronized (this) {
        wait(100);
      }
    }
  }

  private Seat start(NodeInstallation node, NodeProcess starting) {
    try {
      Files.createDirectory(starting.directory);
      ActionProcess process =
          ActionProcess.start(
              command(node, starting.key, starting.directory),
              limits,
              guard,
              largestFrame,
              starting.code.directory().toString(),
              cause -> gone(starting, cause));
      counters.started();
      synchronized (this) {
        starting.process = process;
        processes.add(starting);
        if (closed || process.isDead()) {
          process.close();
          remove(starting);
        }
      }
      return new Seat(starting, process);
    } catch (IOException e) {
      starting.clear();
      throw FreshetException.internal("can't make a directory for a Node process", e);
    } catch (RuntimeException | Error e) {
      starting.clear();
      throw e;
    }
  }

  private synchronized int nextStart() {
    return ++starts;
  }

  private ProcessCommand command(NodeInstallation node, Key key, Path directory) {
    long heap = limits.get(Limit.NODE_ACTION_MAX_HEAP_SIZE);
    Map<String, String> environment = new TreeMap<>();
    for (String name : INHERITED) {
      String value = System.getenv(name);
      if (value != null) {
        environment.put(name, value);
      }
    }
    environment.put("TZ", "UTC");
    environment.put("PWD", directory.toString());
    if (key.packages() != null) {
      environment.put("NODE_PATH", key.packages().toString());
    }
    List<String> arguments =
        List.of(
            "--no-warnings",
            "--max-old-space-size=" + heap / MIB,
            "--stack-trace-limit=" + STACK_FRAMES,
            files.script("node-actions.cjs").toString());
    long data = node.dataBytes() + heap + DATA_EXTRA;
    boolean movedPipes = !NodeInstallation.isWindows();
    return new ProcessCommand(node, data, movedPipes, arguments, environment, directory);
  }

  private void leave(NodeProcess used, ActionProcess process, boolean spoilt) {
    if (spoilt) {
      process.kill(CauseOfDeath.CLOSED); // stays busy: nobody may get it while it dies
      return;
    }
    synchronized (this) {
      used.busy = false;
      used.idleSince = System.nanoTime();
      notifyAll();
    }
  }

  private void remove(NodeProcess gone) {
    synchronized (this) {
      if (!processes.remove(gone)) {
        return;
      }
    }
    gone.clear();
    synchronized (this) {
      notifyAll();
    }
  }

  private void watch() {
    Duration idle = Duration.ofSeconds(limits.get(Limit.NODE_ACTION_IDLE_SECONDS));
    int ticks = 0;
    while (!isClosed()) {
      LockSupport.parkNanos(this, TICK_NANOS);
      endIdle(idle);
      if (++ticks % TICKS_PER_NOTE == 0) {
        busy().forEach(ActionProcess::noteChildren);
      }
    }
  }

  private void gone(NodeProcess process, CauseOfDeath cause) {
    if (cause != CauseOfDeath.CLOSED) {
      counters.died(cause);
    }
    remove(process);
  }

  private synchronized boolean isClosed() {
    return closed;
  }

  private synchronized List<ActionProcess> busy() {
    List<ActionProcess> busy = new ArrayList<>();
    for (NodeProcess process : processes) {
      if (process.busy && process.process != null) {
        busy.add(process.process);
      }
    }
    return busy;
  }

  private void endIdle(Duration idle) {
    long before = System.nanoTime() - idle.toNanos();
    List<NodeProcess> ending;
    synchronized (this) {
      ending =
          processes.stream()
              .filter(process -> !process.busy && process.idleSince - before <= 0)
              .toList();
      ending.forEach(process -> process.busy = true);
    }
    for (NodeProcess process : ending) {
      if (process.process != null) {
        process.process.kill(CauseOfDeath.CLOSED);
      }
      remove(process);
    }
  }

  RunnerStats stats() {
    return counters.stats(pids(), waiting.get(), Duration.ZERO);
  }

  /** Ids of the processes. */
  synchronized List<Long> pids() {
    List<Long> pids = new ArrayList<>();
    for (NodeProcess process : processes) {
      if (process.process != null) {
        pids.add(process.process.pid());
      }
    }
    return pids;
  }

  @Override
  public void close() {
    List<NodeProcess> running;
    synchronized (this) {
      closed = true;
      running = List.copyOf(processes);
      notifyAll();
    }
    for (NodeProcess process : running) {
      if (process.process != null) {
        process.process.kill(CauseOfDeath.CLOSED);
      }
    }
    LockSupport.unpark(watcher);
    guard.close();
  }
}
