package dev.freshet.app;

import dev.freshet.app.EvaluatedApp.EvaluatedModule;
import dev.freshet.app.PushRequest.UnchangedModule;
import dev.freshet.database.Database;
import dev.freshet.database.SchemaDefinition;
import dev.freshet.database.SystemTable.Row;
import dev.freshet.database.Transaction;
import dev.freshet.database.TransactionOptions;
import dev.freshet.functions.AnalyzedModule;
import dev.freshet.functions.FunctionModule;
import dev.freshet.functions.ModuleEnvironment;
import dev.freshet.values.ByteSizes;
import dev.freshet.values.Clock;
import dev.freshet.values.ErrorClass;
import dev.freshet.values.FreshetException;
import dev.freshet.values.Limit;
import dev.freshet.values.Limits;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import java.util.zip.Deflater;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * The part of a push that changes nothing (spec 20 §8, steps 2-11): finds the unchanged modules,
 * compiles the others, and evaluates everything. Thread-safe.
 */
final class PushPreparation {
  private static final int SEED_LENGTH = 32;

  /** What the end of a push writes besides functions and modules: indexes above all. */
  private static final int OTHER_WRITES = 1000;

  private final Database database;
  private final ModuleCatalog catalog;
  private final ModuleStore store;
  private final PushEvaluator evaluator;
  private final EnvironmentVariables environment;
  private final NodePackages nodePackages;
  private final Limits limits;
  private final Clock clock;
  private final RandomGenerator random;

  PushPreparation(
      Database database,
      ModuleCatalog catalog,
      ModuleStore store,
      PushEvaluator evaluator,
      EnvironmentVariables environment,
      NodePackages nodePackages,
      Limits limits,
      Clock clock,
      RandomGenerator random) {
    this.database = database;
    this.catalog = catalog;
    this.store = store;
    this.evaluator = evaluator;
    this.environment = environment;
    this.nodePackages = nodePackages;
    this.limits = limits;
    this.clock = clock;
    this.random = random;
  }

  /**
   * @throws FreshetException what is wrong with the push (spec 20 §14)
   */
  PreparedPush prepare(JsonNode body) {
    PushRequest request = PushRequest.parse(body, limits);
    Transaction snapshot = database.begin(TransactionOptions.SYSTEM);
    Map<String, ModuleRow> deployed = new HashMap<>();
    Map<String, AnalyzedModule> known = new HashMap<>();
    for (Row<ModuleRow> row : catalog.rows(snapshot)) {
      ModuleRow module = row.record();
      deployed.put(module.path(), module);
      if (module.analysis() != null) {
        known.put(module.analysisKey(), module.analysis());
      }
    }
    List<StoredModule> unchanged = resolve(request, deployed);
    Sources sources = compile(request, unchanged);
    UdfConfig config = nextConfig(catalog.config(snapshot), request.serverVersion());
    SortedMap<String, String> variables = environment.all(snapshot);
    ExternalPackages packages = packages(snapshot, request, sources);
    EvaluatedApp app;
    try (NodeSetups.Lease node = nodePackages.lease(request.nodeVersion(), packages)) {
      app =
          evaluator.evaluate(
              new PushEvaluator.Input(
                  sources.schema(),
                  sources.definition(),
                  sources.modules(),
                  sources.code(),
                  config.importPhase(),
                  variables,
                  known,
                  node.setup()));
    }
    checkFunctions(snapshot, app, deployed.size());
    return new PreparedPush(
        request,
        app,
        schema(app.schemaJson()),
        config,
        variables,
        environment.ofUser(snapshot),
        sources.compiled(),
        sources.size(),
        packages);
  }

  /** The external packages, if the app has Node modules that may import them. */
  private @Nullable ExternalPackages packages(
      Transaction snapshot, PushRequest request, Sources sources) {
    boolean usesNode =
        sources.modules().values().stream()
            .anyMatch(module -> module.environment() == ModuleEnvironment.NODE);
    if (!usesNode) {
      return null;
    }
    nodePackages.requireNode(request.nodeVersion());
    ExternalPackages packages =
        nodePackages.provide(snapshot, request.nodeDependencies(), request.nodeVersion());
    if (packages != null) {
      refuseAbove(
          "unzipped",
          sources.size() + packages.unzippedSize(),
          limits.get(Limit.MAX_UNZIPPED_PACKAGES_SIZE));
      long zippedLimit = limits.get(Limit.MAX_ZIPPED_PACKAGES_SIZE);
      if (packages.zippedSize() + sources.size() > zippedLimit) {
        refuseAbove("zipped", packages.zippedSize() + zippedSize(sources.pushed()), zippedLimit);
      }
    }
    return packages;
  }

  /** What the end of the push couldn't store is refused before its user waits for the schema. */
  private void checkFunctions(Transaction snapshot, EvaluatedApp app, int deployedModules) {
    long mostOfModule = limits.get(Limit.MAX_ARRAY_LENGTH);
    Set<String> functions = new HashSet<>();
    for (EvaluatedModule module : app.modules().values()) {
      AnalyzedModule analysis = module.analysis();
      if (analysis != null && analysis.functions().size() > mostOfModule) {
        throw FreshetException.badRequest(
            "InvalidModules",
            "Too many functions in "
                + module.stored().path()
                + " ("
                + analysis.functions().size()
                + " > maximum "
                + mostOfModule
                + "): move some of them to other files.");
      }
      FunctionHandles.collect(module.stored().path(), analysis, functions);
    }
    long other = (long) OTHER_WRITES + deployedModules + app.modules().size();
    long most = limits.get(Limit.TRANSACTION_MAX_SYSTEM_NUM_WRITES) - other;
    int changes = FunctionHandles.changes(snapshot, functions).count();
    if (changes > most) {
      throw FreshetException.badRequest(
          "InvalidModules",
          "Too many functions come or go with this push ("
              + changes
              + " > maximum "
              + most
              + "). Push some of the modules first, or raise TRANSACTION_MAX_SYSTEM_NUM_WRITES on"
              + " the server.");
    }
  }

  private static @Nullable SchemaDefinition schema(@Nullable String json) {
    try {
      return json == null ? null : SchemaDefinition.evaluate(json);
    } catch (FreshetException e) {
      throw PushEvaluator.ofSchema(e);
    }
  }

  private UdfConfig nextConfig(@Nullable UdfConfig current, String serverVersion) {
    if (current != null && current.serverVersion().equals(serverVersion)) {
      return current;
    }
    byte[] seed = new byte[SEED_LENGTH];
    random.nextBytes(seed);
    return new UdfConfig(serverVersion, seed, clock.unixNanos());
  }

  /** The modules that the client did not send again, as they are deployed. */
  private static List<StoredModule> resolve(PushRequest request, Map<String, ModuleRow> deployed) {
    List<StoredModule> modules = new ArrayList<>();
    for (UnchangedModule module : request.unchanged().values()) {
      ModuleRow row = deployed.get(module.path());
      if (row == null) {
        throw stale("MissingExistingModule", module, "is not deployed");
      }
      if (!row.stored().sha256().equals(module.sha256())) {
        throw stale("ExistingModuleHashConflict", module, "is deployed with another content");
      }
      if (row.stored().environment() != module.environment()) {
        throw stale("ExistingModuleEnvConflict", module, "is deployed for another environment");
      }
      modules.add(row.stored());
    }
    return modules;
  }

  /** The client starts over with fresh hashes. */
  private static FreshetException stale(String code, UnchangedModule module, String how) {
    return new FreshetException(
        ErrorClass.CONFLICT,
        code,
        "The module "
            + module.path()
            + ", which the push takes for unchanged, "
            + how
            + ". Another push may have come in between.");
  }

  /**
   * @param modules by path, without schema and definition
   * @param code the same, as runners get them
   * @param compiled what may have to be stored
   * @param pushed all of them as they came, now or before
   */
  private record Sources(
      ModuleStore.@Nullable Compiled schema,
      ModuleStore.@Nullable Compiled definition,
      SortedMap<String, StoredModule> modules,
      Map<String, FunctionModule> code,
      List<ModuleStore.Compiled> compiled,
      List<PushedModule> pushed,
      long size) {}

  private Sources compile(PushRequest request, List<StoredModule> unchanged) {
    List<PushedModule> toCompile = new ArrayList<>(request.changed().values());
    SortedMap<String, StoredModule> modules = new TreeMap<>();
    Map<String, FunctionModule> code = new HashMap<>();
    List<PushedModule> all = new ArrayList<>(toCompile);
    for (StoredModule module : unchanged) {
      PushedModule source = store.source(module);
      all.add(source);
      if (store.isCurrent(module)) {
        modules.put(module.path(), module);
        code.put(module.path(), store.functionModule(module));
      } else {
        toCompile.add(source);
      }
    }
    long size = checkSize(all);
    int functions = toCompile.size();
    int schema = append(toCompile, request.schema());
    int definition = append(toCompile, request.definition());
    List<ModuleStore.Compiled> compiled = store.compile(toCompile);
    for (ModuleStore.Compiled module : compiled.subList(0, functions)) {
      modules.put(module.stored().path(), module.stored());
      code.put(module.stored().path(), module.functionModule());
    }
    return new Sources(
        schema < 0 ? null : compiled.get(schema),
        definition < 0 ? null : compiled.get(definition),
        modules,
        code,
        compiled.subList(0, functions),
        all,
        size);
  }

  private static int append(List<PushedModule> modules, @Nullable PushedModule module) {
    if (module == null) {
      return -1;
    }
    modules.add(module);
    return modules.size() - 1;
  }

  private long checkSize(List<PushedModule> modules) {
    long size = modules.stream().mapToLong(PushedModule::size).sum();
    refuseAbove("unzipped", size, limits.get(Limit.MAX_UNZIPPED_PACKAGES_SIZE));
    long zippedLimit = limits.get(Limit.MAX_ZIPPED_PACKAGES_SIZE);
    if (size > zippedLimit) {
      refuseAbove("zipped", zippedSize(modules), zippedLimit);
    }
    return size;
  }

  private static void refuseAbove(String what, long size, long maximum) {
    if (size > maximum) {
      throw tooLarge(what, size, maximum);
    }
  }

  static FreshetException tooLarge(String what, long size, long maximum) {
    return FreshetException.badRequest(
        "ModulesTooLarge",
        "Total module size exceeded the "
            + what
            + " maximum ("
            + ByteSizes.format(size)
            + " > maximum size "
            + ByteSizes.format(maximum)
            + ")");
  }

  private static long zippedSize(List<PushedModule> modules) {
    try (Deflater deflater = new Deflater()) {
      byte[] sink = new byte[1 << 16];
      long size = 0;
      for (PushedModule module : modules) {
        deflater.setInput(ModuleStore.encodeSource(module));
        while (!deflater.needsInput()) {
          size += deflater.deflate(sink);
        }
      }
      deflater.finish();
      while (!deflater.finished()) {
        size += deflater.deflate(sink);
      }
      return size;
    }
  }
}
