package dev.freshet.testkit;

import dev.freshet.storage.CommitRecord;
import dev.freshet.storage.CommitRecord.DocumentWrite;
import dev.freshet.storage.CommitRecord.IndexWrite;
import dev.freshet.values.InternalId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A stream of valid commits over a few documents that are inserted, updated and deleted again and
 * again, with the entries of their indexes. Deterministic for a given generator. Not thread-safe.
 */
public final class RandomCommits {
  /** An index and how it makes keys. */
  public record Index(long number, long table) {
    /**
     * Ends with the id, as keys do. Odd indexes have few distinct prefixes; even ones take the
     * whole value, which is long at times.
     */
    public byte[] key(byte[] value, InternalId id) {
      byte[] prefix = number % 2 == 1 ? new byte[] {(byte) (value[1] & 7)} : value;
      byte[] key = Arrays.copyOf(prefix, prefix.length + InternalId.LENGTH);
      id.writeTo(key, prefix.length);
      return key;
    }
  }

  private record Document(long table, InternalId id) {}

  @SuppressWarnings("ArrayRecordComponent") // carried, never compared
  private record Revision(long timestamp, byte[] value) {}

  private static final int MOST_WRITES = 6;
  private static final int LONG_VALUE = 6000;
  private static final int SHORT_VALUE = 40;

  private final RandomGenerator random;
  private final List<Document> documents = new ArrayList<>();
  private final Map<Document, Revision> current = new HashMap<>();
  private final List<Index> indexes = new ArrayList<>();
  private long timestamp;

  /** Documents of the tables 1 to {@code tables}. */
  public RandomCommits(RandomGenerator random, int tables, int documentsPerTable) {
    this.random = random;
    for (long table = 1; table <= tables; table++) {
      for (int i = 0; i < documentsPerTable; i++) {
        documents.add(new Document(table, InternalId.random(random, 0)));
      }
    }
  }

  /** Declares an index: from now on the commits mention it. */
  public Index declare(long number, long table) {
    Index index = new Index(number, table);
    indexes.add(index);
    return index;
  }

  /** Forgets an index. */
  public void drop(Index index) {
    indexes.remove(index);
  }

  public InternalId anyId() {
    return documents.get(random.nextInt(documents.size())).id();
  }

  /** The timestamp of the last commit made. */
  public long timestamp() {
    return timestamp;
  }

  /** One to {@code atMost} commits. */
  public List<CommitRecord> group(int atMost) {
    List<CommitRecord> group = new ArrayList<>();
    for (int i = random.nextInt(atMost); i >= 0; i--) {
      group.add(next());
    }
    return group;
  }

  public CommitRecord next() {
    timestamp += 1 + random.nextInt(3);
    Map<Document, DocumentWrite> writes = new LinkedHashMap<>();
    List<IndexWrite> entries = new ArrayList<>();
    for (int i = random.nextInt(MOST_WRITES); i >= 0; i--) {
      Document document = documents.get(random.nextInt(documents.size()));
      if (!writes.containsKey(document)) {
        writes.put(document, write(document, entries));
      }
    }
    return new CommitRecord(timestamp, List.copyOf(writes.values()), entries);
  }

  private DocumentWrite write(Document document, List<IndexWrite> entries) {
    Revision before = current.get(document);
    byte[] value = before != null && random.nextInt(4) == 0 ? null : value(before);
    for (Index index : indexes) {
      if (index.table() == document.table()) {
        byte[] oldKey = before == null ? null : index.key(before.value(), document.id());
        byte[] newKey = value == null ? null : index.key(value, document.id());
        if (!Arrays.equals(oldKey, newKey)) {
          mention(index, document, oldKey, false, entries);
          mention(index, document, newKey, true, entries);
        }
      }
    }
    if (value == null) {
      current.remove(document);
    } else {
      current.put(document, new Revision(timestamp, value));
    }
    return new DocumentWrite(
        document.table(), document.id(), before == null ? 0 : before.timestamp(), value);
  }

  private static void mention(
      Index index,
      Document document,
      byte @Nullable [] key,
      boolean present,
      List<IndexWrite> entries) {
    if (key != null) {
      entries.add(new IndexWrite(index.number(), index.table(), key, document.id(), present));
    }
  }

  private byte[] value(@Nullable Revision before) {
    if (before != null && random.nextInt(4) == 0) {
      return before.value();
    }
    int length = 2 + random.nextInt(random.nextInt(20) == 0 ? LONG_VALUE : SHORT_VALUE);
    byte[] value = new byte[length];
    random.nextBytes(value);
    value[0] = 1;
    return value;
  }
}
