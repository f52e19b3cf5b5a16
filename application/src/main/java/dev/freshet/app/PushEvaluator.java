package dev.freshet.app;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.app.EvaluatedApp.EvaluatedModule;
import dev.freshet.functions.ActionRunner;
import dev.freshet.functions.AnalyzedModule;
import dev.freshet.functions.CallLimits;
import dev.freshet.functions.Evaluation;
import dev.freshet.functions.FunctionKind;
import dev.freshet.functions.FunctionModule;
import dev.freshet.functions.FunctionRunner;
import dev.freshet.functions.ImportPhase;
import dev.freshet.functions.ModuleEnvironment;
import dev.freshet.functions.ModuleSet;
import dev.freshet.functions.NodeSetup;
import dev.freshet.values.ErrorClass;
import dev.freshet.values.FreshetException;
import dev.freshet.values.Limit;
import dev.freshet.values.Limits;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Runs the code of a push to find out what it is (spec 30 §4): analysis of modules, the schema, the
 * auth config, the app's definition. Results are deterministic, so they are kept by all that they
 * depend on: code, environment variables, seed and time of the import phase. Thread-safe.
 */
final class PushEvaluator {
  private static final int KEPT = 8192;

  private static final Set<String> NEVER_IN_NODE = Set.of(ModulePath.HTTP, ModulePath.CRONS);
  private static final int ATTEMPTS = 3;
  private static final Duration FIRST_PAUSE = Duration.ofMillis(500);

  private final FunctionRunner runner;
  private final ActionRunner actionRunner;
  private final CallLimits limits;
  private final CallLimits nodeLimits;
  private final int concurrency;
  private final Map<String, Object> kept =
      Collections.synchronizedMap(
          new LinkedHashMap<>(16, 0.75f, true) {
            @Override
            protected boolean removeEldestEntry(Map.Entry<String, Object> eldest) {
              return size() > KEPT;
            }
          });

  /**
   * What is to be evaluated.
   *
   * @param modules by path, compiled
   * @param code how runners get them
   * @param known analyses of earlier pushes by what they depend on
   * @param node what modules of the Node environment need
   */
  record Input(
      ModuleStore.@Nullable Compiled schema,
      ModuleStore.@Nullable Compiled definition,
      SortedMap<String, StoredModule> modules,
      Map<String, FunctionModule> code,
      ImportPhase importPhase,
      SortedMap<String, String> environment,
      Map<String, AnalyzedModule> known,
      NodeSetup node) {}

  PushEvaluator(FunctionRunner runner, ActionRunner actionRunner, Limits limits) {
    this.runner = runner;
    this.actionRunner = actionRunner;
    this.nodeLimits =
        new CallLimits(
            Duration.ofSeconds(limits.get(Limit.NODE_ANALYZE_TIMEOUT_SECONDS)),
            Duration.ofSeconds(limits.get(Limit.DATABASE_UDF_SYSTEM_TIMEOUT_SECONDS)));
    this.limits = CallLimits.analysis(limits);
    this.concurrency = limits.getInt(Limit.ANALYZE_CONCURRENCY);
  }

  /**
   * @throws FreshetException what is wrong with the app (spec 20 §14), in the order of spec 20 §8
   */
  EvaluatedApp evaluate(Input input) {
    String setting = setting(input.importPhase(), input.environment());
    SortedMap<String, EvaluatedModule> modules = analyze(input, setting);
    EvaluatedModule authModule = modules.get(ModulePath.AUTH_CONFIG);
    List<AuthConfig.Provider> auth =
        authModule == null
            ? List.of()
            : authConfig(
                moduleSet(input.code(), authModule.closure()),
                input.importPhase(),
                input.environment());
    String schema = input.schema() == null ? null : schema(input.schema(), input.importPhase());
    AppDefinition definition =
        input.definition() == null
            ? AppDefinition.empty()
            : definition(input.definition(), input, setting);
    return new EvaluatedApp(modules, schema, definition, auth);
  }

  /**
   * Evaluates {@code auth.config.js}.
   *
   * @throws FreshetException {@code AuthConfigMissingEnvironmentVariable}, {@code
   *     InvalidAuthConfig} and others
   */
  List<AuthConfig.Provider> authConfig(
      ModuleSet modules, ImportPhase importPhase, SortedMap<String, String> environment) {
    String key = "auth\n" + modules.identity() + '\n' + setting(importPhase, environment);
    Set<String> unset = ConcurrentHashMap.newKeySet();
    Function<String, @Nullable String> variables =
        name -> {
          String value = environment.get(name);
          if (value == null) {
            unset.add(name);
          }
          return value;
        };
    String json;
    try {
      json =
          keep(
              key,
              () ->
                  runner.evaluateAuthConfig(
                      new Evaluation(
                          modules, ModulePath.AUTH_CONFIG, importPhase, limits, variables)));
    } catch (FreshetException e) {
      if (unset.isEmpty() || e.errorClass() != ErrorClass.BAD_REQUEST) {
        throw e;
      }
      // The client tells its user how to set the variable that this code and text name.
      throw reworded(
          e,
          "AuthConfigMissingEnvironmentVariable",
          "Environment variable "
              + unset.iterator().next()
              + " is used in auth config file but its value was not set");
    }
    return AuthConfig.parse(json);
  }

  /** Runners get to know the modules of each environment once, not those of each module. */
  private record Sets(ModuleSet isolate, ModuleSet node) {
    static Sets of(Input input) {
      return new Sets(of(input, ModuleEnvironment.ISOLATE), of(input, ModuleEnvironment.NODE));
    }

    private static ModuleSet of(Input input, ModuleEnvironment environment) {
      return ModuleSet.of(
          input.code().values().stream()
              .filter(module -> module.environment() == environment)
              .toList());
    }
  }

  private SortedMap<String, EvaluatedModule> analyze(Input input, String setting) {
    ModuleImports imports = new ModuleImports(input.modules().values());
    Sets sets = Sets.of(input);
    SortedMap<String, Future<EvaluatedModule>> pending = new TreeMap<>();
    try (ExecutorService executor =
        Executors.newFixedThreadPool(concurrency, Thread.ofVirtual().name("push-", 0).factory())) {
      for (StoredModule module : input.modules().values()) {
        SortedSet<String> closure = imports.closure(module.path());
        String needs = module.environment() == ModuleEnvironment.NODE ? setting(input.node()) : "";
        String key = analysisKey(module, closure, input.modules(), needs + setting);
        pending.put(
            module.path(), executor.submit(() -> analyzeOne(input, sets, module, closure, key)));
      }
      SortedMap<String, EvaluatedModule> analyzed = new TreeMap<>();
      for (Map.Entry<String, Future<EvaluatedModule>> entry : pending.entrySet()) {
        try {
          analyzed.put(entry.getKey(), entry.getValue().get());
        } catch (ExecutionException e) {
          executor.shutdownNow();
          if (e.getCause() instanceof FreshetException failure) {
            throw failure;
          }
          throw FreshetException.internal("Analysis of " + entry.getKey() + " failed", e);
        } catch (InterruptedException e) {
          executor.shutdownNow();
          Thread.currentThread().interrupt();
          throw FreshetException.internal("Interrupted while analyzing a push", e);
        }
      }
      return analyzed;
    }
  }

  private EvaluatedModule analyzeOne(
      Input input, Sets sets, StoredModule module, SortedSet<String> closure, String key) {
    if (ModulePath.isDependency(module.path())) {
      return new EvaluatedModule(module, null, key, closure);
    }
    if (module.path().equals(ModulePath.AUTH_CONFIG)) {
      // Evaluated as what it is, not as functions.
      return new EvaluatedModule(module, AnalyzedModule.EMPTY, key, closure);
    }
    AnalyzedModule known = input.known().get(key);
    if (known != null) {
      return new EvaluatedModule(module, known, key, closure);
    }
    boolean node = module.environment() == ModuleEnvironment.NODE;
    Evaluation evaluation =
        new Evaluation(
            node ? sets.node() : sets.isolate(),
            module.path(),
            input.importPhase(),
            node ? nodeLimits : limits,
            name -> input.environment().get(name));
    AnalyzedModule analysis =
        keep(
            "module\n" + key,
            () -> node ? analyzeNode(evaluation, input) : runner.analyze(evaluation));
    return new EvaluatedModule(module, analysis, key, closure);
  }

  private AnalyzedModule analyzeNode(Evaluation evaluation, Input input) {
    if (NEVER_IN_NODE.contains(evaluation.modulePath())) {
      throw FreshetException.badRequest(
          "InvalidModules",
          "`" + evaluation.modulePath() + "` must not \"use node\": it is no file of actions.");
    }
    AnalyzedModule analysis =
        actionRunner.analyzeNode(evaluation, input.environment(), input.node());
    for (AnalyzedModule.AnalyzedFunction function : analysis.functions()) {
      if (function.kind() != FunctionKind.ACTION) {
        throw FreshetException.badRequest(
            "InvalidModules",
            "`"
                + function.name()
                + "` defined in `"
                + evaluation.modulePath()
                + "` is a "
                + function.kind().wireName()
                + " function. Only actions can be defined in Node.js: move it to a file without"
                + " \"use node\".");
      }
    }
    return analysis;
  }

  private String schema(ModuleStore.Compiled module, ImportPhase importPhase) {
    ModuleSet modules = ModuleSet.of(List.of(module.functionModule()));
    try {
      return keep(
          "schema\n" + modules.identity() + '\n' + setting(importPhase, new TreeMap<>()),
          () ->
              runner.evaluateSchema(
                  new Evaluation(modules, module.stored().path(), importPhase, limits, _ -> null)));
    } catch (FreshetException e) {
      throw ofSchema(e);
    }
  }

  /** An error about the schema as the client shows it. */
  static FreshetException ofSchema(FreshetException e) {
    if (e.errorClass() == ErrorClass.INTERNAL) {
      return e;
    }
    return reworded(
        e,
        // What the schema's own code throws is the developer's to correct, like any bad schema.
        e.code().equals("InvalidModules") ? "InvalidSchema" : e.code(),
        "Hit an error while evaluating your schema:\n" + e.text());
  }

  private AppDefinition definition(ModuleStore.Compiled module, Input input, String setting) {
    ModuleSet modules = ModuleSet.of(List.of(module.functionModule()));
    Function<String, @Nullable String> environment = name -> input.environment().get(name);
    String json;
    try {
      json =
          keep(
              "definition\n" + modules.identity() + '\n' + setting,
              () ->
                  runner.evaluateAppDefinition(
                      new Evaluation(
                          modules,
                          module.stored().path(),
                          input.importPhase(),
                          limits,
                          environment)));
    } catch (FreshetException e) {
      throw e.code().equals("InvalidModules") ? reworded(e, "InvalidConvexConfig", e.text()) : e;
    }
    return AppDefinition.parse(Json.parse(json, "InvalidDefinition"));
  }

  private static FreshetException reworded(FreshetException e, String code, String message) {
    return new FreshetException(e.errorClass(), code, message, e.data(), e);
  }

  @SuppressWarnings("unchecked") // keys of different kinds of results start differently
  private <T> T keep(String key, Supplier<T> evaluation) {
    T result = (T) kept.get(key);
    if (result == null) {
      result = patiently(evaluation);
      kept.put(key, result);
    }
    return result;
  }

  /** Tries again where the server was too busy. */
  private static <T> T patiently(Supplier<T> evaluation) {
    for (int attempt = 1; ; attempt++) {
      try {
        return evaluation.get();
      } catch (FreshetException e) {
        boolean busy =
            e.errorClass() == ErrorClass.OVERLOADED
                || e.errorClass() == ErrorClass.REJECTED_BEFORE_EXECUTION
                || e.errorClass() == ErrorClass.RATE_LIMITED;
        if (!busy || attempt == ATTEMPTS) {
          throw e;
        }
      }
      try {
        Thread.sleep(FIRST_PAUSE.multipliedBy(attempt));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw FreshetException.internal("Interrupted while evaluating a push", e);
      }
    }
  }

  private static ModuleSet moduleSet(Map<String, FunctionModule> code, SortedSet<String> paths) {
    List<FunctionModule> modules = new ArrayList<>();
    for (String path : paths) {
      FunctionModule module = code.get(path);
      if (module != null) {
        modules.add(module);
      }
    }
    return ModuleSet.of(modules);
  }

  private static String analysisKey(
      StoredModule module,
      SortedSet<String> closure,
      Map<String, StoredModule> modules,
      String setting) {
    MessageDigest digest = Hashes.sha256();
    digest.update((setting + '\n' + module.path() + '\n').getBytes(UTF_8));
    for (String path : closure) {
      StoredModule loaded = modules.get(path);
      if (loaded != null) {
        digest.update(loaded.codeIdentity().getBytes(UTF_8));
      }
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private static String setting(NodeSetup node) {
    Path folder = node.packages() == null ? null : node.packages().getParent();
    // Named by what is in it; where it lies doesn't matter.
    return node.major() + "\n" + (folder == null ? null : folder.getFileName()) + '\n';
  }

  /** What evaluations see besides their code. */
  private static String setting(ImportPhase importPhase, SortedMap<String, String> environment) {
    return fingerprint(environment)
        + HexFormat.of().formatHex(importPhase.seed())
        + importPhase.unixMillis();
  }

  /** Tells whether environment variables have changed without telling what they are. */
  static String fingerprint(SortedMap<String, String> environment) {
    MessageDigest digest = Hashes.sha256();
    environment.forEach(
        (name, value) -> digest.update((name + '=' + value + '\0').getBytes(UTF_8)));
    return HexFormat.of().formatHex(digest.digest());
  }
}
