package dev.freshet.database;

import dev.freshet.storage.Persistence;
import dev.freshet.values.Clock;
import dev.freshet.values.FreshetException;
import dev.freshet.values.Limit;
import dev.freshet.values.Limits;
import dev.freshet.values.Shape;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The transactional, reactive document database (spec 40). Thread-safe.
 *
 * <p>Reading takes no lock: a transaction takes the pointer to the newest published {@link
 * Snapshot} and reads the persistence as of its timestamp. Writing goes through the {@link
 * Committer}. {@link Subscriptions} and the background workers follow what is published.
 */
public final class Database implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Database.class);

  private final Engine engine;
  private final WriteLog log;
  private final Committer committer;
  private final Subscriptions subscriptions;
  private final TableShapes shapes;
  private final List<BackgroundWorker> workers;

  private final CatalogHistory catalogs;

  private final AtomicBoolean closed = new AtomicBoolean();
  private volatile Snapshot published;
  private boolean catalogChanged;

  private Database(Engine engine, Snapshot first, WriteLog log) {
    this.engine = engine;
    this.log = log;
    this.published = first;
    catalogs = new CatalogHistory(engine.readers(), first.timestamp(), first.catalog());
    subscriptions =
        new Subscriptions(log, () -> published, engine.limits().getInt(Limit.SUBSCRIPTIONS_MAX));
    shapes = new TableShapes(this, first.timestamp(), first.catalog());
    workers =
        List.of(
            new BackgroundWorker("freshet-backfill", new IndexBackfill(this)),
            new BackgroundWorker("freshet-validation", new SchemaValidation(this)),
            new BackgroundWorker("freshet-shapes", shapes),
            new BackgroundWorker("freshet-purge", new Purge(this)),
            new BackgroundWorker(
                "freshet-retention",
                new Retention(
                    engine.persistence(),
                    engine.readers(),
                    engine.clock(),
                    engine.limits(),
                    this::latestTimestamp)));
    committer =
        new Committer(
            engine.persistence(),
            engine.clock(),
            engine.limits(),
            log,
            this::publish,
            this::afterGroup);
  }

  /**
   * Opens a database. A fresh persistence gets the system tables; an existing one is ready as soon
   * as its catalog is read. System tables that are missing are created.
   *
   * @param persistence closed together with the database
   * @param random thread-safe and unpredictable: makes ids
   * @param systemTables the application's own system tables
   */
  public static Database open(
      Persistence persistence,
      Clock clock,
      RandomGenerator random,
      Limits limits,
      List<SystemTable<?>> systemTables) {
    if (persistence.isFresh()) {
      Bootstrap.write(persistence, clock, random);
    }
    long timestamp = persistence.maxTimestamp();
    ReaderPool readers = new ReaderPool(persistence);
    Catalog catalog = readers.read(reader -> Bootstrap.read(reader, timestamp));
    Engine engine =
        new Engine(
            persistence,
            readers,
            clock,
            random,
            limits,
            new StorageNumbers(persistence, Bootstrap.FIRST_FREE_NUMBER),
            new TableCounts(persistence, timestamp),
            new LastWrites(timestamp),
            new RowCache(),
            new VirtualTables(systemTables));
    WriteLog log = new WriteLog(timestamp, limits);
    Database database = new Database(engine, new Snapshot(timestamp, catalog, log.last()), log);
    try {
      database.createSystemTables(systemTables);
      IndexBackfill.buildSystemIndexes(database);
      if (database.latestTimestamp() != timestamp) {
        database.catalogs.beginWith(database.latestTimestamp());
      }
      database.workers.forEach(BackgroundWorker::start);
      return database;
    } catch (RuntimeException | Error e) {
      database.close();
      throw e;
    }
  }

  private void createSystemTables(List<SystemTable<?>> declared) {
    Transaction transaction = begin(TransactionOptions.SYSTEM);
    SystemTables.create(transaction, declared);
    commit(transaction, WriteSource.system("init_app_system_tables"));
  }

  /** The newest published commit. */
  public long latestTimestamp() {
    return published.timestamp();
  }

  /** The catalog of the newest snapshot. */
  public Catalog catalog() {
    return published.catalog();
  }

  /** A transaction at the newest snapshot. */
  public Transaction begin(TransactionOptions options) {
    return begin(published, options);
  }

  /**
   * A transaction that also sees commits which have their timestamps but aren't durable yet, as far
   * as they wrote into {@code interest}: for one that is about to change what they changed, and
   * would have to wait for them. It can commit only if they do, and what it read must not be told
   * to anybody before {@link #stands} says so.
   *
   * @param interest what it will probably read
   */
  public Transaction beginAhead(TransactionOptions options, ReadSet interest) {
    List<Committer.Assigned> assigned = committer.assigned();
    Snapshot now = published; // after that, so that nothing falls in between
    return begin(now, Unpublished.of(assigned, now.timestamp(), interest), options);
  }

  /**
   * Waits until all that a transaction saw is durable and published.
   *
   * @return false if something of it has failed
   */
  public boolean stands(Transaction transaction) {
    Unpublished seen = transaction.unpublished();
    if (seen.isEmpty()) {
      return true;
    }
    awaitTimestamp(seen.lastTimestamp());
    return !seen.hasFailed() && seen.lastTimestamp() <= published.timestamp();
  }

  private Transaction begin(Snapshot snapshot, TransactionOptions options) {
    return begin(snapshot, Unpublished.NOTHING, options);
  }

  private Transaction begin(Snapshot snapshot, Unpublished seen, TransactionOptions options) {
    long nanos = Math.max(snapshot.timestamp() + 1, engine.clock().unixNanos());
    long millis = nanos / 1_000_000;
    double creationTime = millis + (nanos % 1_000_000) * 1e-6;
    return new Transaction(engine, snapshot, seen, options.scope(), creationTime);
  }

  /**
   * A transaction at a published timestamp, as long ago as retention keeps snapshots (spec 40 §7.1,
   * §10.1). It can always read; once the commits after it are forgotten, a commit of what it wrote
   * fails.
   *
   * @throws FreshetException OUT_OF_RETENTION if it is too long ago, BAD_REQUEST if it is in the
   *     future
   */
  public Transaction beginAt(long timestamp, TransactionOptions options) {
    Snapshot now = published;
    if (timestamp == now.timestamp()) {
      return begin(now, options);
    }
    if (timestamp > now.timestamp()) {
      throw FreshetException.badRequest(
          "InvalidTimestamp", "The timestamp " + timestamp + " is in the future");
    }
    return begin(new Snapshot(timestamp, catalogs.at(timestamp), log.at(timestamp)), options);
  }

  /**
   * Commits: returns the commit timestamp once the writes are durable and published; the begin
   * timestamp if there is nothing to write.
   *
   * @throws ConflictException if a concurrent commit changed what the transaction read
   * @throws FreshetException OVERLOADED {@code CommitterFullError}; OUT_OF_RETENTION if it began so
   *     long ago that nobody knows what it would conflict with; INTERNAL if the write failed
   */
  public long commit(Transaction transaction, WriteSource source) {
    return commit(prepare(transaction, source), () -> {});
  }

  /** Takes a transaction that will change no more, and computes what its commit needs. */
  public PreparedCommit prepare(Transaction transaction, WriteSource source) {
    transaction.finish();
    return new PreparedCommit(transaction, new CommitRequest(transaction, source));
  }

  /**
   * Commits like {@link #commit(Transaction, WriteSource)}.
   *
   * @param onAssigned called once the commit has its timestamp, by a thread that must not be kept:
   *     from then on it can't lose any more, and {@link #beginAhead} sees it; not called if it
   *     lost, or has nothing to write
   */
  public long commit(PreparedCommit commit, Runnable onAssigned) {
    CommitRequest request = commit.request();
    if (request.isEmpty()) {
      if (!stands(commit.transaction())) {
        throw Committer.doomedError();
      }
      return commit.transaction().readsThrough();
    }
    request.onAssigned = onAssigned;
    Snapshot now = published;
    WriteLog.Hit hit =
        WriteLog.firstConflict(
            request.validatedThrough, now.timestamp(), request.reads, request.seen);
    if (hit != null) {
      throw Conflicts.exception(hit, request.source);
    }
    if (now.timestamp() > commit.transaction().beginTimestamp()) {
      request.validatedThrough = now.log();
    }
    return committer.commit(request);
  }

  /** Whether a commit is bound to lose already, published or not. */
  public boolean isOutdated(PreparedCommit commit) {
    CommitRequest request = commit.request();
    return WriteLog.firstConflict(
            request.validatedThrough, Long.MAX_VALUE, request.reads, request.seen)
        != null;
  }

  /** Called by the writer thread, in the order of timestamps. */
  private void publish(CommitRequest request, WriteLog.Entry entry) {
    Catalog catalog = published.catalog();
    for (var change : request.catalogChanges) {
      catalog = change.apply(catalog);
    }
    request.documents.forEach(
        document -> engine.lastWrites().written(document.table(), entry.timestamp));
    request.createdTables.forEach(engine.counts()::created);
    request.countChanges.forEach(
        (table, change) -> engine.counts().changed(table, entry.timestamp, change));
    if (!request.catalogChanges.isEmpty()) {
      catalogs.changed(entry.timestamp, catalog);
      catalogChanged = true;
    }
    shapes.committed(entry.timestamp, request.changes);
    published = new Snapshot(entry.timestamp, catalog, entry);
  }

  private void afterGroup() {
    subscriptions.signal();
    if (catalogChanged) {
      catalogChanged = false;
      signalWorkers();
    }
  }

  /**
   * Lets the newest timestamp reach the present without changing anything: for clients that have
   * seen a later one elsewhere, e.g. before this database was restored from a copy.
   */
  public long advance() {
    Transaction nothing = begin(TransactionOptions.SYSTEM);
    nothing.finish();
    return committer.commit(new CommitRequest(nothing, WriteSource.system("advance")));
  }

  /** Waits until a timestamp that was assigned to a commit is published, or its commit failed. */
  public void awaitTimestamp(long timestamp) {
    committer.awaitResolved(timestamp);
  }

  /**
   * Watches a read set that was valid at a published timestamp. The listener is called once, from a
   * thread it must not keep, when a commit changed something of it; soon, too, if one already has.
   */
  public Subscription subscribe(
      ReadSet readSet, long validThrough, Consumer<Invalidation> listener) {
    return subscriptions.subscribe(readSet, validThrough, listener);
  }

  /**
   * Whether a read set that was valid at {@code from} still is at {@code to}; false also when that
   * is too long ago to know.
   */
  public boolean refresh(ReadSet readSet, long from, long to) {
    if (to <= from) {
      return to == from;
    }
    WriteLog.Entry entry = log.at(from);
    return entry != WriteLog.FORGOTTEN
        && to <= published.timestamp()
        && WriteLog.firstConflict(entry, to, readSet) == null;
  }

  /**
   * What the documents of each user table look like at the newest snapshot, by the table's name;
   * unknown while a table has still to be walked (spec 40 §12).
   */
  public Map<String, Shape> shapes(Namespace namespace) {
    return shapes.shapes(namespace);
  }

  TableShapes tableShapes() {
    return shapes;
  }

  /** How many subscriptions there are. */
  public int subscriptionCount() {
    return subscriptions.size();
  }

  /** Lets the background workers look for work now. */
  void signalWorkers() {
    workers.forEach(BackgroundWorker::signal);
  }

  Engine engine() {
    return engine;
  }

  Snapshot snapshot() {
    return published;
  }

  /** Runs system work in a transaction, again after a conflict until it succeeds. */
  void run(String name, Consumer<Transaction> work) {
    while (true) {
      Transaction transaction = begin(TransactionOptions.SYSTEM);
      work.accept(transaction);
      try {
        commit(transaction, WriteSource.system(name));
        return;
      } catch (ConflictException e) {
        awaitTimestamp(e.timestamp());
      }
    }
  }

  /** Stops taking commits, finishes those under way, and closes the persistence. Idempotent. */
  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    workers.forEach(BackgroundWorker::close);
    committer.close();
    subscriptions.close();
    save("shapes", shapes::save);
    save("counts", () -> engine.counts().save(engine.persistence(), published.timestamp()));
    engine.persistence().close();
  }

  /** Keeps what can be computed again at the next start, if the store still takes it. */
  private static void save(String what, Runnable saving) {
    try {
      saving.run();
    } catch (RuntimeException e) {
      LOG.warn("the {} can't be saved and will be computed again at the next start", what, e);
    }
  }
}
