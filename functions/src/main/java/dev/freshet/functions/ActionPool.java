package dev.freshet.functions;

import static dev.freshet.functions.ProcessCommand.MIB;

import dev.freshet.functions.ActionPlacement.Candidate;
import dev.freshet.functions.MemoryBudget.Owner;
import dev.freshet.functions.MemoryBudget.Place;
import dev.freshet.values.ErrorClass;
import dev.freshet.values.FreshetException;
import dev.freshet.values.Limit;
import dev.freshet.values.Limits;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The processes in which actions run in V8 contexts, many calls in each. Thread-safe.
 *
 * <p>A slot is a process, or one that is being started: then the first call of the slot starts it,
 * outside of the lock, and those placed there meanwhile wait for it. Slots leave the list when
 * their process has gone, when they have been idle, or when their start failed. The watching thread
 * ends processes in which a call computes for too long beside calls of other functions, and idle
 * ones.
 */
final class ActionPool implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ActionPool.class);
  private static final long TICK_NANOS = Duration.ofMillis(50).toNanos();
  private static final int MAX_PROCESSES = 32;
  private static final int MAX_MODULE_SETS = 32;

  /** Heap of a process, of which some is left free for those that are in it already. */
  private static final long HEAP = 256 * MIB;

  private static final long HEAP_FOR_NEW_CALLS = 160 * MIB;
  private static final long BUFFERS = 192 * MIB;

  /** Writable memory beyond heap and buffers: the engine, its threads, compression, TLS. */
  private static final long DATA_EXTRA = 200 * MIB;

  /** What a process is expected to use. */
  private static final long EXPECTED = 160 * MIB;

  private static final int YOUNG_GENERATION_MIB = 8;

  private final Limits limits;
  private final MemoryBudget memory;
  private final ModuleFiles files;
  private final ProcessCommand command;
  private final OrphanGuard guard = new OrphanGuard();
  private final int largestFrame;
  private final ActionPlacement placement;
  private final List<Slot> slots = new ArrayList<>();
  private final Thread watcher;
  private final AtomicInteger waiting = new AtomicInteger();
  private final RunnerCounters counters = new RunnerCounters();
  private boolean closed;
  private int starts;

  /** One process, or one that is to be. Its fields are guarded by the pool. */
  static final class Slot {
    String group;
    final @Nullable Place place;
    final CompletableFuture<ActionProcess> process = new CompletableFuture<>();

    /** How many calls of which functions are in it. */
    final Map<String, Integer> functions = new HashMap<>();

    final LinkedHashMap<String, Integer> sets = new LinkedHashMap<>(8, 0.75f, true);
    int residents;

    /** Whether somebody starts it, or has. */
    boolean claimed;

    long idleSince;

    Slot(String group, @Nullable Place place) {
      this.group = group;
      this.place = place;
    }

    private @Nullable ActionProcess running() {
      return process.isDone() && !process.isCompletedExceptionally() ? process.join() : null;
    }

    private Candidate candidate() {
      ActionProcess running = running();
      return running == null
          ? new Candidate(group, residents, 0, 0)
          : new Candidate(group, residents, running.turn().toMillis(), running.usedBytes());
    }
  }

  /** A call's place in a process, until it is closed. */
  final class Seat implements AutoCloseable {
    private final Slot slot;
    private final String function;
    private final ModuleSet modules;
    private final ModuleFiles.Use code;
    private boolean sent;

    Seat(Slot slot, String function, ModuleSet modules, ModuleFiles.Use code) {
      this.slot = slot;
      this.function = function;
      this.modules = modules;
      this.code = code;
    }

    ActionProcess process() {
      return slot.process.join();
    }

    /** Sends what starts the call, after the names of its modules. */
    void start(byte[] frame) {
      synchronized (ActionPool.this) {
        Integer users = slot.sets.get(modules.identity());
        if (users == null) {
          process()
              .queue
              .sendNow(modules.list(ActionProcess.frame(0)).frame(ActionProtocol.MODULES));
        }
        slot.sets.put(modules.identity(), users == null ? 1 : users + 1);
        sent = true;
        process().queue.sendNow(frame);
      }
    }

    @Override
    public void close() {
      leave(slot, function, sent ? modules : null);
      code.close();
    }
  }

  ActionPool(NodeInstallation node, RunnerConfig config, ModuleFiles files) {
    this.limits = config.limits();
    this.memory = config.memory();
    this.files = files;
    this.command = command(node, files);
    this.largestFrame = LargeFrames.ofThisServer(limits).largest();
    this.placement =
        new ActionPlacement(
            new ActionPlacement.Rules(
                limits.getInt(Limit.ACTION_CALLS_PER_PROCESS),
                HEAP_FOR_NEW_CALLS,
                Runtime.getRuntime().availableProcessors()));
    memory.whenShort(() -> endIdle(Duration.ZERO));
    watcher = Thread.ofPlatform().name("action-watcher").daemon().start(this::watch);
  }

  private static ProcessCommand command(NodeInstallation node, ModuleFiles files) {
    long data = node.dataBytes() + HEAP + BUFFERS + DATA_EXTRA;
    return ProcessCommand.ofContexts(
        node,
        files.script("actions.cjs"),
        files.directory().resolve("*"),
        data,
        HEAP,
        YOUNG_GENERATION_MIB);
  }

  /**
   * Finds a place for a call.
   *
   * @param function its key in the {@link FunctionRecord}
   * @param proven whether the function may share a process with others
   * @param alone whether it must have a new process for itself
   * @throws FreshetException {@code TooManyConcurrentRequests} if none gets free in time
   */
  Seat take(String function, ModuleSet modules, boolean proven, boolean alone)
      throws InterruptedException {
    ModuleFiles.Use code = files.ofContexts(modules);
    try {
      return take(function, modules, code, proven, alone);
    } catch (InterruptedException | RuntimeException | Error e) {
      code.close();
      throw e;
    }
  }

  private Seat take(
      String function, ModuleSet modules, ModuleFiles.Use code, boolean proven, boolean alone)
      throws InterruptedException {
    String group = alone ? "alone " + nextStart() : proven ? ActionPlacement.COMMON : function;
    Slot slot;
    waiting.incrementAndGet();
    try {
      slot = place(group);
    } finally {
      waiting.decrementAndGet();
    }
    counters.called();
    boolean first;
    synchronized (this) {
      first = !slot.claimed;
      slot.claimed = true;
      slot.functions.merge(function, 1, Integer::sum);
    }
    Seat seat = new Seat(slot, function, modules, code);
    try {
      if (first) {
        start(slot);
      }
      slot.process.join();
      return seat;
    } catch (CompletionException e) {
      seat.close();
      if (e.getCause() instanceof FreshetException problem) {
        throw problem;
      }
      throw e;
    }
  }

  private synchronized int nextStart() {
    return ++starts;
  }

  private Slot place(String group) throws InterruptedException {
    long patience = limits.get(Limit.APPLICATION_FUNCTION_RUNNER_ACTION_SEMAPHORE_TIMEOUT);
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(patience);
    for (; ; ) {
      Slot slot = tryPlace(group);
      if (slot != null) {
        return slot;
      }
      synchronized (this) {
        long millis = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
        if (millis <= 0) {
          throw new FreshetException(
              ErrorClass.RATE_LIMITED,
              "TooManyConcurrentRequests",
              "Too many concurrent requests. There is no room for another running action.");
        }
        wait(Math.min(millis, 100));
      }
    }
  }

  private @Nullable Slot tryPlace(String group) {
    synchronized (this) {
      if (closed) {
        throw FreshetException.internal("the server stops", null);
      }
      boolean full = slots.size() >= MAX_PROCESSES;
      int chosen = choose(group, !full);
      if (chosen >= 0) {
        return enter(slots.get(chosen));
      }
      if (chosen == ActionPlacement.NONE && !(full && endLongestIdle())) {
        return null;
      }
    }
    Place place = memory.tryTake(Owner.ACTION, EXPECTED); // may end idle processes
    synchronized (this) {
      int chosen = choose(group, place != null);
      if (chosen == ActionPlacement.NEW) {
        Slot slot = new Slot(group, place);
        slots.add(slot);
        return enter(slot);
      }
      if (place != null) {
        place.close();
      }
      return chosen < 0 ? null : enter(slots.get(chosen));
    }
  }

  private int choose(String group, boolean mayStart) {
    return placement.choose(group, slots.stream().map(Slot::candidate).toList(), mayStart);
  }

  private static Slot enter(Slot slot) {
    slot.residents++;
    return slot;
  }

  private void start(Slot slot) {
    try {
      ActionProcess started =
          ActionProcess.start(
              command,
              limits,
              guard,
              largestFrame,
              files.directory().toString(),
              cause -> gone(slot, cause));
      counters.started();
      slot.process.complete(started);
      synchronized (this) {
        if (closed) {
          started.close();
        }
      }
    } catch (RuntimeException | Error e) { // e.g. no more threads: others wait for the process
      remove(slot);
      slot.process.completeExceptionally(e);
    }
  }

  /** A function is proven: its processes are from now on for all that are. */
  synchronized void join(String function) {
    for (Slot slot : slots) {
      if (slot.group.equals(function)) {
        slot.group = ActionPlacement.COMMON;
      }
    }
  }

  private synchronized void remove(Slot slot) {
    if (slots.remove(slot) && slot.place != null) {
      slot.place.close();
    }
    notifyAll();
  }

  private synchronized void leave(Slot slot, String function, @Nullable ModuleSet modules) {
    slot.residents--;
    slot.functions.computeIfPresent(function, (_, count) -> count == 1 ? null : count - 1);
    if (modules != null) {
      slot.sets.computeIfPresent(modules.identity(), (_, count) -> count - 1);
    }
    slot.idleSince = System.nanoTime();
    ActionProcess running = slot.running();
    if (running != null && slot.group.startsWith("alone ")) {
      running.close();
      remove(slot);
    } else if (running != null && slot.sets.size() > MAX_MODULE_SETS) {
      slot.sets.entrySet().stream()
          .filter(set -> set.getValue() <= 0)
          .map(Map.Entry::getKey)
          .findFirst()
          .ifPresent(set -> forget(slot, running, set));
    }
    notifyAll();
  }

  private static void forget(Slot slot, ActionProcess process, String set) {
    slot.sets.remove(set);
    process.queue.sendNow(ActionProcess.frame(0).text(set).frame(ActionProtocol.FORGET));
  }

  private void watch() {
    Duration shared = Duration.ofSeconds(limits.get(Limit.ACTION_SHARED_TURN_SECONDS));
    Duration idle = Duration.ofSeconds(limits.get(Limit.ACTION_RUNNER_IDLE_SECONDS));
    while (!isClosed()) {
      LockSupport.parkNanos(this, TICK_NANOS);
      for (ActionProcess process : tooLong(shared)) {
        LOG.info("Ended process {}: an action kept others waiting", process.pid());
        process.kill(CauseOfDeath.USER_TIMEOUT);
      }
      endIdle(idle);
    }
  }

  private void gone(Slot slot, CauseOfDeath cause) {
    if (cause != CauseOfDeath.CLOSED) {
      counters.died(cause);
    }
    remove(slot);
  }

  private synchronized boolean isClosed() {
    return closed;
  }

  private synchronized List<ActionProcess> tooLong(Duration limit) {
    List<ActionProcess> found = new ArrayList<>();
    for (Slot slot : slots) {
      ActionProcess process = slot.running();
      if (process != null && slot.functions.size() > 1 && process.turn().compareTo(limit) > 0) {
        found.add(process);
      }
    }
    return found;
  }

  /** Makes room for a process of another group; returns whether one was idle. */
  private boolean endLongestIdle() {
    long now = System.nanoTime();
    Slot longest = null;
    for (Slot slot : slots) {
      if (slot.residents == 0
          && slot.running() != null
          && (longest == null || slot.idleSince - now < longest.idleSince - now)) {
        longest = slot;
      }
    }
    ActionProcess process = longest == null ? null : longest.running();
    if (longest == null || process == null) {
      return false;
    }
    process.close();
    remove(longest);
    return true;
  }

  private synchronized void endIdle(Duration idle) {
    long before = System.nanoTime() - idle.toNanos();
    for (Slot slot : List.copyOf(slots)) {
      ActionProcess process = slot.running();
      if (process != null && slot.residents == 0 && slot.idleSince - before <= 0) {
        process.close();
        remove(slot);
      }
    }
  }

  RunnerStats stats() {
    return counters.stats(pids(), waiting.get(), Duration.ZERO);
  }

  /** Ids of the processes. */
  synchronized List<Long> pids() {
    return slots.stream()
        .map(Slot::running)
        .filter(java.util.Objects::nonNull)
        .map(ActionProcess::pid)
        .toList();
  }

  @Override
  public void close() {
    List<ActionProcess> running = new ArrayList<>();
    synchronized (this) {
      closed = true;
      for (Slot slot : slots) {
        ActionProcess process = slot.running();
        if (process != null) {
          running.add(process);
        }
      }
      notifyAll();
    }
    running.forEach(process -> process.kill(CauseOfDeath.CLOSED));
    LockSupport.unpark(watcher);
    guard.close();
  }
}
