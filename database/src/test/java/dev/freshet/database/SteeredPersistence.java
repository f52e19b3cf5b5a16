package dev.freshet.database;

import dev.freshet.storage.CommitRecord;
import dev.freshet.storage.IndexEntry;
import dev.freshet.storage.Persistence;
import dev.freshet.storage.PersistenceReader;
import dev.freshet.storage.RetentionBounds;
import dev.freshet.testkit.InMemoryPersistence;
import dev.freshet.values.InternalId;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Writes of which the test decides how they go. */
final class SteeredPersistence implements Persistence {
  final InMemoryPersistence store = new InMemoryPersistence();
  final List<Integer> groups = new CopyOnWriteArrayList<>();
  volatile Consumer<List<CommitRecord>> before = _ -> {};

  @Override
  public void commit(List<CommitRecord> group) {
    before.accept(group);
    groups.add(group.size());
    store.commit(group);
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
    return store.backfillIndex(index, table, entries);
  }

  @Override
  public boolean purgeIndex(long index, int atMost) {
    return store.purgeIndex(index, atMost);
  }

  @Override
  public boolean purgeTable(long table, int atMost) {
    return store.purgeTable(table, atMost);
  }

  @Override
  public boolean retain(RetentionBounds bounds, int atMost) {
    return store.retain(bounds, atMost);
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
    store.putGlobal(name, value);
  }

  @Override
  public PersistenceReader newReader() {
    return store.newReader();
  }

  @Override
  public void close() {}
}
