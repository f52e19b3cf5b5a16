package dev.freshet.functions;

import dev.freshet.functions.LoadedContexts.Loaded;
import dev.freshet.values.FreshetException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The state that one runner process and this side share: which module sets it knows, which contexts
 * wait in it. Confined to the thread that owns the process.
 */
final class RunnerSession {
  static final int SEED_BYTES = 32;

  /** Each is a list of paths and hashes; every module that has run has one of its own. */
  private static final int MAX_MODULE_SETS = 512;

  static final LogLine.Level[] LEVELS = LogLine.Level.values();

  private final RunnerProcess process;
  private final RunnerPool.Shared shared;
  private final LoadedContexts contexts = new LoadedContexts();
  private final LinkedHashMap<String, ModuleSet> sets = new LinkedHashMap<>(8, 0.75f, true);
  private boolean harvestDue;

  RunnerSession(RunnerProcess process, RunnerPool.Shared shared) {
    this.process = process;
    this.shared = shared;
  }

  RunnerProcess process() {
    return process;
  }

  LoadedContexts contexts() {
    return contexts;
  }

  ImportReads importReads() {
    return shared.importReads();
  }

  /** Makes a module set known to the process. */
  void define(ModuleSet modules) {
    if (sets.put(modules.identity(), modules) != null) {
      return; // the new one is sure to have its code, which one of an earlier push may not
    }
    modules.list(process.out);
    process.send(RunnerProtocol.MODULES);
    if (sets.size() > MAX_MODULE_SETS) {
      var eldest = sets.entrySet().iterator();
      String forgotten = eldest.next().getKey();
      eldest.remove();
      process.out.text(forgotten);
      process.send(RunnerProtocol.FORGET);
    }
  }

  void writePhase(ImportPhase phase) {
    process.out.raw(phase.seed(), 0, SEED_BYTES).f64((double) phase.unixMillis());
  }

  /** Answers a request for a module's script or source map. */
  void answerCode(int request) {
    String set = process.in.text();
    String path = process.in.text();
    ModuleSet modules = sets.get(set);
    FunctionModule module = modules == null ? null : modules.get(path);
    if (module == null) {
      throw FreshetException.internal("a runner asked for the unknown module " + path, null);
    }
    CompiledModule code = module.code().get();
    if (request == RunnerProtocol.NEED_MAP) {
      answerVariable(code.sourceMap() == null ? "" : code.sourceMap());
      return;
    }
    byte[] cache = shared.codeCaches().get(module.sha256());
    process.out.text(code.script());
    if (cache == null) {
      process.out.u32(0);
    } else {
      process.out.text(cache);
    }
    process.send(RunnerProtocol.SCRIPT);
  }

  /** Answers with a text, or that there is none. */
  void answerVariable(@Nullable String value) {
    if (value == null) {
      process.out.u8(RunnerProtocol.UNSET);
    } else {
      process.out.u8(RunnerProtocol.OK).text(value);
    }
    process.send(RunnerProtocol.ANSWER);
  }

  LogLine readLine() {
    MessageReader in = process.in;
    LogLine.Level level = LEVELS[in.u8()];
    boolean truncated = in.flag();
    long millis = (long) in.f64();
    int count = in.u32();
    List<String> messages = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      messages.add(in.text());
    }
    return new LogLine(level, List.copyOf(messages), truncated, millis, null);
  }

  /** What DONE says of a failure. */
  Problem readFailure() {
    MessageReader in = process.in;
    String code = in.text();
    String message = in.text();
    String data = in.text();
    int count = in.u32();
    List<String> frames = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      frames.add(in.text());
    }
    return new Problem(code, ErrorData.checked(message, data, List.copyOf(frames)));
  }

  void keep(Loaded context) {
    int dropped = contexts.put(context);
    if (dropped != 0) {
      drop(dropped);
    }
  }

  void drop(int context) {
    process.out.u32(context);
    process.send(RunnerProtocol.DROP);
  }

  void noteNewScripts(boolean isNew) {
    harvestDue |= isNew;
  }

  /** Ends the running calls; what they still send is read and forgotten. */
  void abort(Budget budget) {
    process.out.clear();
    process.send(RunnerProtocol.ABORT);
    int type;
    do {
      type = process.receive(budget);
    } while (type != RunnerProtocol.ABORTED);
  }

  FreshetException unexpected(int type) {
    return FreshetException.internal("a runner sent the unexpected message " + type, null);
  }

  /** Does one piece of work that makes later calls faster; false if there is none. */
  boolean prepareAhead() {
    if (harvestDue) {
      harvestDue = false;
      harvest();
      return true;
    }
    LoadKey key = contexts.nextWanted();
    if (key == null) {
      return false;
    }
    Loaded context = load(key);
    if (context == null) {
      contexts.unwant(key);
    } else {
      keep(context);
    }
    return true;
  }

  private void harvest() {
    process.send(RunnerProtocol.HARVEST);
    int type = process.receive();
    if (type != RunnerProtocol.CACHES) {
      throw unexpected(type);
    }
    for (int count = process.in.u32(); count > 0; count--) {
      shared.codeCaches().put(process.in.text(), process.in.bytes());
    }
  }

  /**
   * Loads a context with the environment variables that the module read last time; null if it
   * can't.
   */
  private @Nullable Loaded load(LoadKey key) {
    Map<String, @Nullable String> known = importReads().get(key);
    if (known == null) {
      return null;
    }
    define(key.modules());
    process.out.text(key.modules().identity()).text(key.path());
    writePhase(key.phase());
    process.send(RunnerProtocol.PREPARE);
    Budget budget = new Budget(CallLimits.database(shared.limits()));
    List<LogLine> lines = new ArrayList<>();
    for (; ; ) {
      int type = process.receive(budget);
      switch (type) {
        case RunnerProtocol.ENVIRONMENT -> {
          String name = process.in.text();
          if (!known.containsKey(name)) {
            abort(budget);
            return null;
          }
          answerVariable(known.get(name));
        }
        case RunnerProtocol.LOG -> lines.add(readLine());
        case RunnerProtocol.NEED_SCRIPT, RunnerProtocol.NEED_MAP -> answerCode(type);
        case RunnerProtocol.PREPARED -> {
          int id = process.in.u32();
          return id == 0 ? null : new Loaded(id, key, known, List.copyOf(lines));
        }
        default -> throw unexpected(type);
      }
    }
  }
}
