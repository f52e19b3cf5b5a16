package dev.freshet.app;

import dev.freshet.database.Database;
import dev.freshet.database.Namespace;
import dev.freshet.database.SystemTable;
import dev.freshet.functions.ActionRunner;
import dev.freshet.functions.CallLimits;
import dev.freshet.functions.FunctionRunner;
import dev.freshet.functions.ModuleCompiler;
import dev.freshet.functions.NodeExecutable;
import dev.freshet.functions.RunnerConfig;
import dev.freshet.storage.DataDirectory;
import dev.freshet.storage.blob.BlobStore;
import dev.freshet.storage.blob.DirectoryBlobStore;
import dev.freshet.storage.sqlite.SqlitePersistence;
import dev.freshet.storage.sqlite.SqliteUpgrade;
import dev.freshet.values.Clock;
import dev.freshet.values.FreshetException;
import dev.freshet.values.Limit;
import dev.freshet.values.Limits;
import java.security.SecureRandom;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * The product, wired by hand: everything the server needs. Close it to stop it; what was opened
 * last is closed first.
 */
public final class Application implements AutoCloseable {
  private final Deque<AutoCloseable> open;
  private final Limits limits;
  private final Clock clock;
  private final RandomGenerator random;
  private final Database database;
  private final KeyBroker keys;
  private final Authenticator authenticator;
  private final EnvironmentVariables environment;
  private final ModuleCatalog catalog;
  private final PushService push;
  private final FunctionLog functionLog;
  private final JwtSigner jwts;
  private final ConflictReport conflicts;
  private final FunctionService functions;

  /**
   * Opens the data directory and starts everything.
   *
   * @throws FreshetException if the directory is in use or can't be used, or Node.js can't be
   *     started; the message says what to do
   */
  public static Application open(ApplicationConfig config) {
    return open(config, FunctionRunner::start);
  }

  /** The same with another way to run queries and mutations, for measurements and tests. */
  public static Application open(
      ApplicationConfig config, Function<RunnerConfig, FunctionRunner> runners) {
    return open(config, runners, ActionRunner::start);
  }

  /** The same with another way to run actions, too. */
  public static Application open(
      ApplicationConfig config,
      Function<RunnerConfig, FunctionRunner> runners,
      Function<RunnerConfig, ActionRunner> actionRunners) {
    Deque<AutoCloseable> opened = new ArrayDeque<>();
    try {
      return new Application(config, runners, actionRunners, opened);
    } catch (RuntimeException | Error e) {
      closeAll(opened, e);
      throw e;
    }
  }

  private Application(
      ApplicationConfig config,
      Function<RunnerConfig, FunctionRunner> runners,
      Function<RunnerConfig, ActionRunner> actionRunners,
      Deque<AutoCloseable> opened) {
    this.limits = config.limits();
    this.clock = config.clock();
    this.random = new SecureRandom();
    DataDirectory directory = opened(opened, DataDirectory.open(config.dataDirectory()));
    SqliteUpgrade.run(directory);
    BlobStore blobs = DirectoryBlobStore.open(directory.blobs(), clock);
    this.database =
        opened(
            opened,
            Database.open(
                SqlitePersistence.open(directory.database()),
                clock,
                random,
                limits,
                systemTables()));
    RunnerConfig runnerConfig =
        new RunnerConfig(
            NodeExecutable.at(config.node()),
            Runtime.getRuntime().availableProcessors(),
            limits,
            clock,
            config.memory(),
            directory.cache());
    FunctionRunner runner = opened(opened, runners.apply(runnerConfig));
    ActionRunner actionRunner = opened(opened, actionRunners.apply(runnerConfig));
    ModuleStore modules =
        new ModuleStore(blobs, opened(opened, ModuleCompiler.create(runnerConfig)));
    this.catalog = new ModuleCatalog(modules);
    PushEvaluator evaluator = new PushEvaluator(runner, actionRunner, limits);
    this.environment =
        new EnvironmentVariables(
            database, catalog, evaluator, config.cloudOrigin(), config.siteOrigin(), limits);
    this.keys = new KeyBroker(config.credentials(), clock, random);
    this.authenticator = new Authenticator(keys);
    NodePackages packages =
        new NodePackages(
            database,
            blobs,
            new PackageBuilder(limits, System.getenv()),
            new PackageCache(directory.cache().resolve("packages"), blobs),
            actionRunner);
    PushPreparation preparation =
        new PushPreparation(
            database, catalog, modules, evaluator, environment, packages, limits, clock, random);
    this.push =
        new PushService(
            authenticator,
            database,
            blobs,
            catalog,
            modules,
            preparation,
            environment,
            limits,
            clock);
    this.functionLog =
        opened(opened, new FunctionLog(clock, limits.getInt(Limit.MAX_UDF_EXECUTION)));
    this.conflicts = new ConflictReport(limits, clock);
    this.jwts = new JwtSigner(config.credentials(), config.cloudOrigin(), limits);
    this.functions = functions(config, runner, actionRunner, packages);
    List<CleaningScheduler.Chore> chores =
        List.of(
            new SessionCleaner(database, limits, clock),
            new PushCleaner(database),
            new BlobCleaner(database, blobs, clock),
            packages);
    opened(opened, new CleaningScheduler(chores, random)).start();
    this.open = opened;
  }

  private FunctionService functions(
      ApplicationConfig config,
      FunctionRunner runner,
      ActionRunner actionRunner,
      NodeSetups nodes) {
    PreFlight preFlight = new PreFlight(catalog, limits);
    FileCalls files = new NotYetFiles();
    PlatformSyscalls platform = new PlatformSyscalls(files, new NotYetJobs());
    CallTree.Services services =
        new CallTree.Services(
            environment,
            preFlight,
            new FunctionResults(limits),
            new LimitWarnings(limits),
            keys.cursors(),
            jwts,
            platform,
            limits,
            CallLimits.database(limits),
            config.credentials().name());
    FunctionExecutor executor = new FunctionExecutor(runner, clock, random);
    SystemCalls systemCalls =
        new SystemCalls(new SystemFunctions(keys.cursors(), catalog, environment), limits);
    CompletionRecorder recorder = new CompletionRecorder(functionLog, clock);
    QueryExecutor queries =
        new QueryExecutor(
            database,
            services,
            executor,
            systemCalls,
            new QueryCache(database::refresh, clock, limits.get(Limit.UDF_CACHE_MAX_SIZE)),
            Permits.ofCalls("queries", Limit.APPLICATION_MAX_CONCURRENT_QUERIES, limits, clock),
            clock);
    MutationExecutor mutations =
        new MutationExecutor(
            database,
            services,
            executor,
            systemCalls,
            new MutationLoop(
                database, new Turns(limits.get(Limit.MUTATION_TURN_TIMEOUT_MILLIS)), limits),
            Permits.ofCalls("mutations", Limit.APPLICATION_MAX_CONCURRENT_MUTATIONS, limits, clock),
            recorder,
            conflicts,
            clock,
            config.redactLogsToClient());
    return new FunctionService(
        database,
        preFlight,
        systemCalls,
        queries,
        mutations,
        recorder,
        called ->
            new ActionService(
                new ActionCalls.Services(
                    database,
                    new SystemWrites(database, limits.getInt(Limit.FINISH_PUSH_MAX_OCC_FAILURES)),
                    services,
                    platform,
                    files,
                    called),
                catalog,
                nodes,
                actionRunner,
                authenticator,
                recorder,
                clock,
                config.redactLogsToClient()),
        config.redactLogsToClient());
  }

  /** The application's own tables, for whoever opens or checks its database. */
  public static List<SystemTable<?>> systemTables() {
    List<SystemTable<?>> tables = new ArrayList<>(DeploymentTables.ALL);
    tables.add(SessionRequests.TABLE);
    tables.add(StorageTables.FILES);
    tables.addAll(ScheduleTables.ALL);
    tables.addAll(FurtherTables.ALL);
    return tables;
  }

  private static <T extends AutoCloseable> T opened(Deque<AutoCloseable> opened, T part) {
    opened.push(part);
    return part;
  }

  public FunctionService functions() {
    return functions;
  }

  /** The public keys by which tokens that mutations signed can be verified: a JWK set. */
  public String jsonWebKeySet() {
    return jwts.keySet();
  }

  public ConflictReport conflicts() {
    return conflicts;
  }

  public FunctionLog functionLog() {
    return functionLog;
  }

  public Authenticator authenticator() {
    return authenticator;
  }

  public KeyBroker keys() {
    return keys;
  }

  public PushService push() {
    return push;
  }

  public EnvironmentVariables environment() {
    return environment;
  }

  /**
   * What the documents of each user table look like (spec 40 §12.2).
   *
   * @param component the root's, null or empty
   * @throws FreshetException {@code ComponentNotFound}
   */
  public ObjectNode tableShapes(@Nullable String component) {
    if (component != null && !component.isEmpty()) {
      throw FreshetException.badRequest(
          "ComponentNotFound", "There is no component with the id " + component + ".");
    }
    return TableShapesJson.of(database.shapes(Namespace.ROOT));
  }

  Database database() {
    return database;
  }

  @Override
  public void close() {
    RuntimeException failure = FreshetException.internal("Not everything could be closed", null);
    closeAll(open, failure);
    if (failure.getSuppressed().length > 0) {
      throw failure;
    }
  }

  private static void closeAll(Deque<AutoCloseable> parts, Throwable failure) {
    while (!parts.isEmpty()) {
      try {
        parts.pop().close();
      } catch (Exception e) {
        failure.addSuppressed(e);
      }
    }
  }
}
