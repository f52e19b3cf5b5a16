package dev.freshet.database;

import dev.freshet.storage.CommitRecord;
import dev.freshet.storage.DocumentRevision;
import dev.freshet.storage.IndexEntry;
import dev.freshet.storage.IndexPage;
import dev.freshet.storage.IndexScan;
import dev.freshet.storage.Persistence;
import dev.freshet.storage.PersistenceReader;
import dev.freshet.storage.RetentionBounds;
import dev.freshet.storage.TablePage;
import dev.freshet.storage.TableScan;
import dev.freshet.testkit.InMemoryPersistence;
import dev.freshet.values.InternalId;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/** Writes and reads of which the test decides how they go. */
final class SteeredPersistence implements Persistence {
  /** A step of retention or purge: what to do, given how many rows it may touch. */
  interface Steps {
    boolean step(IntPredicate step, int rows);
  }

  final Persistence store;
  final List<Integer> groups = new CopyOnWriteArrayList<>();

  /** Called around commits, before other writes, and before reads; may throw. */
  volatile Consumer<List<CommitRecord>> before = _ -> {};

  volatile Consumer<List<CommitRecord>> after = _ -> {};
  volatile Runnable upkeep = () -> {};
  volatile Runnable reads = () -> {};
  volatile Steps steps = IntPredicate::test;

  /** The newest commit that the store has. */
  volatile long durableThrough;

  SteeredPersistence() {
    this(new InMemoryPersistence());
  }

  SteeredPersistence(Persistence store) {
    this.store = store;
    durableThrough = store.maxTimestamp();
  }

  @Override
  public void commit(List<CommitRecord> group) {
    before.accept(group);
    groups.add(group.size());
    store.commit(group);
    durableThrough = group.getLast().timestamp();
    after.accept(group);
  }

  @Override
  public boolean isFresh() {
    return store.isFresh();
  }

  @Override
  public long maxTimestamp() {
    return store.maxTimestamp();
  }

  @Override
  public List<InternalId> backfillIndex(long index, long table, List<IndexEntry> entries) {
    upkeep.run();
    return store.backfillIndex(index, table, entries);
  }

  @Override
  public boolean purgeIndex(long index, int atMost) {
    upkeep.run();
    return steps.step(rows -> store.purgeIndex(index, rows), atMost);
  }

  @Override
  public boolean purgeTable(long table, int atMost) {
    upkeep.run();
    return steps.step(rows -> store.purgeTable(table, rows), atMost);
  }

  @Override
  public boolean retain(RetentionBounds bounds, int atMost) {
    upkeep.run();
    return steps.step(rows -> store.retain(bounds, rows), atMost);
  }

  @Override
  public RetentionBounds retained() {
    return store.retained();
  }

  @Override
  public List<Long> indexesWithEntries() {
    return store.indexesWithEntries();
  }

  @Override
  public byte @Nullable [] global(String name) {
    return store.global(name);
  }

  @Override
  public void putGlobal(String name, byte[] value) {
    upkeep.run();
    store.putGlobal(name, value);
  }

  @Override
  public PersistenceReader newReader() {
    PersistenceReader reader = store.newReader();
    return new PersistenceReader() {
      @Override
      public @Nullable DocumentRevision document(long table, InternalId id, long atTimestamp) {
        reads.run();
        return reader.document(table, id, atTimestamp);
      }

      @Override
      public IndexPage scan(IndexScan scan) {
        reads.run();
        return reader.scan(scan);
      }

      @Override
      public TablePage scanTable(TableScan scan) {
        reads.run();
        return reader.scanTable(scan);
      }

      @Override
      public void close() {
        reader.close();
      }
    };
  }

  @Override
  public void close() {}
}
