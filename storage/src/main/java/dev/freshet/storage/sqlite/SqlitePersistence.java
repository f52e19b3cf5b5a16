package dev.freshet.storage.sqlite;

import dev.freshet.storage.CommitRecord;
import dev.freshet.storage.IndexEntry;
import dev.freshet.storage.Persistence;
import dev.freshet.storage.PersistenceReader;
import dev.freshet.values.FreshetException;
import dev.freshet.values.InternalId;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@link Persistence} in one SQLite file. */
public final class SqlitePersistence implements Persistence {
  private SqlitePersistence() {}

  /** Opens the file, creating it if there is none, with full durability. */
  public static SqlitePersistence open(Path file) {
    return open(file, Durability.FULL);
  }

  /** Opens the file, creating it if there is none. */
  public static SqlitePersistence open(Path file, Durability durability) {
    throw FreshetException.notYetAvailable("SQLite " + file + durability);
  }

  @Override
  public boolean isFresh() {
    return true;
  }

  @Override
  public long maxTimestamp() {
    return 0;
  }

  @Override
  public void commit(List<CommitRecord> group) {}

  @Override
  public List<InternalId> backfillIndex(long index, long table, List<IndexEntry> entries) {
    return List.of();
  }

  @Override
  public boolean purgeIndex(long index, int atMost) {
    return false;
  }

  @Override
  public boolean purgeTable(long table, int atMost) {
    return false;
  }

  @Override
  public boolean retain(long minTimestamp, int atMost) {
    return false;
  }

  @Override
  public byte @Nullable [] global(String name) {
    return null;
  }

  @Override
  public void putGlobal(String name, byte[] value) {}

  @Override
  public PersistenceReader newReader() {
    throw FreshetException.notYetAvailable("Reading SQLite");
  }

  @Override
  public void close() {}
}
