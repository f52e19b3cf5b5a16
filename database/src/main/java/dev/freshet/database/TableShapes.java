package dev.freshet.database;

import dev.freshet.storage.DocumentRevision;
import dev.freshet.values.InternalId;
import dev.freshet.values.JsonFormat;
import dev.freshet.values.Shape;
import dev.freshet.values.ShapeCounts;
import dev.freshet.values.TableNames;
import dev.freshet.values.Validator;
import dev.freshet.values.Value;
import dev.freshet.values.Value.Int64Value;
import dev.freshet.values.Value.ObjectValue;
import dev.freshet.values.ValueJson;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the documents of each user table look like (spec 40 §12), kept up with the commits.
 *
 * <p>Design. The writer thread only queues what a commit changed; a worker, or whoever asks, takes
 * it from the queue and counts it. What is counted belongs to {@link #timestamp}: all commits up to
 * it, none after it.
 *
 * <p>A table that was not saved by an orderly close is walked in the order of ids, page after page.
 * Each page is read at the timestamp just reached, and from then on changes of documents up to the
 * page's last one count, while those after it will be met by a later page. So a walk needs no old
 * snapshot, may take as long as it likes, and never holds anybody up. Until it is done the table's
 * shape isn't known.
 *
 * <p>If documents come faster than they are counted, commits are queued without what they changed;
 * whoever meets such a one has every table walked again. A table created since the opening starts
 * out empty and known.
 *
 * <p>Lock: this object's monitor guards all but the queue. Nothing else is locked while it is held,
 * except for a page being read.
 */
final class TableShapes implements BackgroundWorker.Task {
  private static final Logger LOG = LoggerFactory.getLogger(TableShapes.class);
  private static final String GLOBAL = "table_shapes";
  private static final long MAX_QUEUED_BYTES = 64L << 20;
  private static final long LOOK_AGAIN_MILLIS = 1000;

  /** A document before and after a commit; null: it doesn't exist. */
  record Change(long table, InternalId id, @Nullable Document before, @Nullable Document after) {
    private long size() {
      Document old = before;
      Document now = after;
      return 64L
          + (old == null ? 0 : old.stored().length)
          + (now == null ? 0 : now.stored().length);
    }
  }

  /**
   * @param changes null: they were too many to be kept
   */
  private record Commit(long timestamp, @Nullable List<Change> changes, long size) {}

  /** A table as far as it was walked. */
  private static final class Counted {
    ShapeCounts counts = new ShapeCounts();
    boolean complete;
    @Nullable InternalId through;

    Counted(boolean complete) {
      this.complete = complete;
    }

    boolean includes(InternalId id) {
      InternalId last = through;
      return complete || (last != null && id.compareTo(last) <= 0);
    }
  }

  private final Database database;
  private final ConcurrentLinkedQueue<Commit> queue = new ConcurrentLinkedQueue<>();
  private final AtomicLong queuedBytes = new AtomicLong();
  private final Map<Long, Counted> tables = new HashMap<>();
  private long timestamp;

  /** Takes over what the last orderly close saved, if nothing was committed since. */
  TableShapes(Database database, long openedAt, Catalog catalog) {
    this.database = database;
    this.timestamp = openedAt;
    byte[] saved = database.engine().persistence().global(GLOBAL);
    ObjectValue stored =
        saved == null
            ? ObjectValue.EMPTY
            : (ObjectValue) ValueJson.parseStored(saved, 0, saved.length);
    boolean current = stored.get("timestamp") instanceof Int64Value(long at) && at == openedAt;
    for (TableLayout layout : catalog.layouts()) {
      if (layout.table().isSystem()) {
        continue;
      }
      Counted table = new Counted(false);
      if (current
          && stored.get("tables") instanceof ObjectValue shapes
          && shapes.get(Long.toString(layout.table().storage())) instanceof ObjectValue shape) {
        table.counts = ShapeCounts.read(shape);
        table.complete = true;
      }
      tables.put(layout.table().storage(), table);
    }
  }

  /** Queues what a commit changed. Writer thread, in the order of timestamps, before it is seen. */
  void committed(long at, List<Change> changes) {
    if (changes.isEmpty()) {
      return;
    }
    long size = 0;
    for (Change change : changes) {
      size += change.size();
    }
    if (queuedBytes.get() + size > MAX_QUEUED_BYTES) {
      queue.add(new Commit(at, null, 0));
    } else {
      queuedBytes.addAndGet(size);
      queue.add(new Commit(at, changes, size));
    }
  }

  /** The shapes of the user tables of a namespace, by name, at the newest snapshot. */
  synchronized Map<String, Shape> shapes(Namespace namespace) {
    Snapshot snapshot = catchUp();
    TableNames names = names(snapshot.catalog(), namespace);
    Map<String, Shape> shapes = new TreeMap<>();
    for (TableInfo table : snapshot.catalog().tables(namespace)) {
      if (!table.isSystem()) {
        Counted counted = tables.get(table.storage());
        shapes.put(
            table.name(),
            counted == null
                ? new Shape.Never()
                : counted.complete ? counted.counts.shape(names) : new Shape.Unknown());
      }
    }
    return shapes;
  }

  /** Whether all documents that a table has at the newest snapshot are known to be valid. */
  synchronized boolean isSubset(TableInfo table, Validator validator) {
    Snapshot snapshot = catchUp();
    Counted counted = tables.get(table.storage());
    return counted == null
        || (counted.complete
            && counted.counts.isSubsetOf(validator, names(snapshot.catalog(), table.namespace())));
  }

  private static TableNames names(Catalog catalog, Namespace namespace) {
    return number -> {
      TableInfo table = catalog.tableByNumber(namespace, number);
      return table == null ? null : Catalog.userName(table.name());
    };
  }

  /** Counts all commits up to the newest snapshot, and returns that. */
  private Snapshot catchUp() {
    Snapshot snapshot = database.snapshot();
    Commit commit = queue.peek();
    while (commit != null && commit.timestamp() <= snapshot.timestamp()) {
      queue.poll();
      queuedBytes.addAndGet(-commit.size());
      List<Change> changes = commit.changes();
      if (changes == null) {
        startOver();
      } else {
        changes.forEach(this::count);
      }
      commit = queue.peek();
    }
    timestamp = snapshot.timestamp();
    return snapshot;
  }

  private void startOver() {
    tables.clear();
    for (TableLayout layout : database.catalog().layouts()) {
      if (!layout.table().isSystem()) {
        tables.put(layout.table().storage(), new Counted(false));
      }
    }
  }

  private void count(Change change) {
    Counted table = tables.computeIfAbsent(change.table(), _ -> new Counted(true));
    if (!table.includes(change.id())) {
      return;
    }
    Document before = change.before();
    Document after = change.after();
    try {
      if (before != null) {
        table.counts.remove(before.value());
      }
      if (after != null) {
        table.counts.add(after.value());
      }
    } catch (IllegalStateException e) {
      LOG.error("the shape of a table went wrong and is taken anew", e);
      tables.put(change.table(), new Counted(false));
    }
  }

  @Override
  public long work(BackgroundWorker.Stop stop) {
    boolean more = true;
    while (more && !stop.isRequested()) {
      long started = System.nanoTime();
      more = step();
      if (more && !pause(System.nanoTime() - started)) {
        return 0;
      }
    }
    return LOOK_AGAIN_MILLIS;
  }

  /** Rests as long as it worked: walks have time. */
  private static boolean pause(long nanos) {
    try {
      Thread.sleep(Duration.ofNanos(nanos));
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** Catches up and walks one page of a table; whether there are more. */
  private synchronized boolean step() {
    Snapshot snapshot = catchUp();
    for (TableLayout layout : snapshot.catalog().layouts()) {
      Counted table = tables.get(layout.table().storage());
      if (table != null && !table.complete) {
        walk(table, layout.table().storage(), snapshot.timestamp());
        return true;
      }
    }
    tables.keySet().removeIf(storage -> !isLive(snapshot.catalog(), storage));
    return false;
  }

  private static boolean isLive(Catalog catalog, long storage) {
    for (TableLayout layout : catalog.layouts()) {
      if (layout.table().storage() == storage) {
        return true;
      }
    }
    return false;
  }

  private void walk(Counted table, long storage, long at) {
    TableWalk walk = new TableWalk(database.engine().readers(), storage, table.through);
    List<DocumentRevision> page = walk.next(at);
    for (DocumentRevision revision : page) {
      table.counts.add(StoredForm.parse(revision.value()));
    }
    table.through = walk.last();
    if (page.isEmpty()) {
      table.complete = true;
      table.through = null;
      if (!table.counts.isTooManifold()) {
        database.engine().counts().known(storage, at, table.counts.documents());
      }
    }
  }

  /** Saves what is known; the next opening uses it if nothing is committed until then. */
  synchronized void save() {
    catchUp();
    Map<String, Value> shapes = new TreeMap<>();
    tables.forEach(
        (storage, table) -> {
          if (table.complete) {
            shapes.put(Long.toString(storage), table.counts.write());
          }
        });
    ObjectValue stored =
        ObjectValue.EMPTY
            .with("timestamp", Value.of(timestamp))
            .with("tables", ObjectValue.of(shapes));
    database
        .engine()
        .persistence()
        .putGlobal(GLOBAL, ValueJson.writeBytes(stored, JsonFormat.ENCODED));
  }
}
