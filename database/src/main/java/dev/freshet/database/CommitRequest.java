package dev.freshet.database;

import static java.util.Objects.requireNonNull;

import dev.freshet.storage.CommitRecord.DocumentWrite;
import dev.freshet.storage.CommitRecord.IndexWrite;
import dev.freshet.values.CommitTimestamps;
import dev.freshet.values.DocumentId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A transaction as the committer needs it: everything that can be computed beforehand is, in the
 * caller's thread.
 */
final class CommitRequest {
  final ReadSet reads;
  final WriteSource source;

  /** What it saw of commits that may still fail: it fails with them. */
  final Unpublished seen;

  /** The documents that change, with their index keys. */
  final List<WriteBuffer.Entry> written = new ArrayList<>();

  final List<DocumentWrite> documents = new ArrayList<>();
  final List<IndexWrite> indexes = new ArrayList<>();
  final Map<Long, Long> countChanges = new HashMap<>();
  final List<Long> createdTables = new ArrayList<>();
  final List<TableShapes.Change> changes = new ArrayList<>();
  final List<UnaryOperator<Catalog>> catalogChanges = new ArrayList<>();

  /** How it ended; a failure completes the future exceptionally. */
  sealed interface Outcome {
    /** It is durable and published. */
    record Committed(long timestamp) implements Outcome {}

    /** It lost. */
    record Conflict(WriteLog.Hit hit) implements Outcome {}
  }

  final CompletableFuture<Outcome> outcome = new CompletableFuture<>();

  /** Called by the sequencer as soon as the commit has its timestamp. */
  Runnable onAssigned = () -> {};

  /** Up to here no conflict was found. */
  WriteLog.Entry validatedThrough;

  /** Documents that speak of the commit's timestamp: they are known once it is assigned. */
  private final List<WriteBuffer.Entry> unresolved = new ArrayList<>(0);

  private final List<byte[]> keys = new ArrayList<>();
  private final List<Long> keyIndexes = new ArrayList<>();
  private final List<WriteLog.Written> keyDocuments = new ArrayList<>();

  CommitRequest(Transaction transaction, WriteSource source) {
    this.reads = transaction.readSet();
    this.source = source;
    this.seen = transaction.unpublished();
    this.validatedThrough = transaction.snapshot().log();
    List<WriteBuffer.Entry> rows = new ArrayList<>();
    for (WriteBuffer.Entry entry : transaction.writes().entries()) {
      TableLayout layout = transaction.catalog().layout(entry.layout.table().tablet());
      if (layout == null || isUnchanged(entry)) {
        continue;
      }
      if (layout != entry.layout) {
        transaction.writes().relayout(entry, layout);
      }
      if (isUnresolved(entry)) {
        unresolved.add(entry);
      } else {
        add(entry);
      }
      written.add(entry);
      if (entry.key.table() <= Bootstrap.SCHEMAS) {
        rows.add(entry);
      }
    }
    rows.sort(Comparator.comparingLong(entry -> entry.key.table()));
    rows.forEach(entry -> addCatalogChange(entry, transaction));
  }

  private static boolean isUnchanged(WriteBuffer.Entry entry) {
    Document before = entry.committed;
    Document after = entry.document;
    return before == null
        ? after == null
        : after != null && Arrays.equals(before.stored(), after.stored());
  }

  private static boolean isUnresolved(WriteBuffer.Entry entry) {
    Document after = entry.document;
    return after != null && CommitTimestamps.areIn(after.stored());
  }

  private void resolve(long timestamp) {
    for (WriteBuffer.Entry entry : unresolved) {
      Document pending = requireNonNull(entry.document);
      byte[] stored = CommitTimestamps.resolve(pending.stored(), timestamp);
      entry.document = new Document(pending.id(), 0, stored, null);
      entry.keys = entry.layout.keys(stored, entry.key.id());
      add(entry);
    }
    unresolved.clear();
  }

  private void add(WriteBuffer.Entry entry) {
    Document before = entry.committed;
    Document after = entry.document;
    documents.add(
        new DocumentWrite(
            entry.key.table(),
            entry.key.id(),
            before == null ? 0 : before.timestamp(),
            after == null ? null : after.stored()));
    int change = (after == null ? 0 : 1) - (before == null ? 0 : 1);
    if (change != 0) {
      countChanges.merge(entry.key.table(), (long) change, Long::sum);
    }
    TableInfo table = entry.layout.table();
    if (!table.isSystem()) {
      changes.add(new TableShapes.Change(table.storage(), entry.key.id(), before, after));
    }
    WriteLog.Written written =
        new WriteLog.Written(table.name(), new DocumentId(table.number(), entry.key.id()));
    List<IndexInfo> all = entry.layout.indexes();
    for (int i = 0; i < all.size(); i++) {
      byte[] oldKey = entry.committedKeys == null ? null : entry.committedKeys[i];
      byte[] newKey = entry.keys == null ? null : entry.keys[i];
      addKeys(all.get(i), entry.key, oldKey, newKey, written);
    }
  }

  private void addKeys(
      IndexInfo index,
      WriteBuffer.Key document,
      byte @Nullable [] oldKey,
      byte @Nullable [] newKey,
      WriteLog.Written written) {
    boolean same = Arrays.equals(oldKey, newKey);
    if (oldKey != null) {
      addKey(index, document, oldKey, false, same, written);
    }
    if (newKey != null && !same) {
      addKey(index, document, newKey, true, false, written);
    }
  }

  private void addKey(
      IndexInfo index,
      WriteBuffer.Key document,
      byte[] key,
      boolean present,
      boolean stays,
      WriteLog.Written written) {
    keys.add(key);
    keyIndexes.add(index.storage());
    keyDocuments.add(written);
    if (!stays && !index.isById()) {
      indexes.add(new IndexWrite(index.storage(), document.table(), key, document.id(), present));
    }
  }

  private void addCatalogChange(WriteBuffer.Entry entry, Transaction transaction) {
    Document document = entry.document;
    DocumentId id = new DocumentId(entry.layout.table().number(), entry.key.id());
    long table = entry.key.table();
    catalogChanges.add(
        catalog ->
            CatalogRows.apply(catalog, table, id, document == null ? null : document.value()));
    if (table == Bootstrap.TABLES && entry.committed == null) {
      TableInfo created = transaction.catalog().table(entry.key.id());
      if (created != null) {
        createdTables.add(created.storage());
      }
    }
  }

  boolean isEmpty() {
    return documents.isEmpty() && unresolved.isEmpty();
  }

  private interface KeyTest {
    boolean test(long index, byte[] key);
  }

  /** Tests the keys it writes, with the provisional ones of what waits for the timestamp. */
  private boolean writesAny(KeyTest test) {
    for (int i = 0; i < keys.size(); i++) {
      if (test.test(keyIndexes.get(i), keys.get(i))) {
        return true;
      }
    }
    for (WriteBuffer.Entry entry : unresolved) {
      List<IndexInfo> all = entry.layout.indexes();
      for (int i = 0; i < all.size(); i++) {
        long index = all.get(i).storage();
        if ((entry.committedKeys != null && test.test(index, entry.committedKeys[i]))
            || (entry.keys != null && test.test(index, entry.keys[i]))) {
          return true;
        }
      }
    }
    return false;
  }

  /** Whether it writes a key that somebody read. */
  boolean writesInto(ReadSet read) {
    return writesAny(read::contains);
  }

  /** Whether it writes a key within the interval of its own reads that holds the given key. */
  boolean changesWhatItReadAt(long index, byte[] key) {
    return writesAny(
        (other, written) ->
            other == index
                && (Arrays.equals(written, key) || reads.hasInOneInterval(index, written, key)));
  }

  /** Completes what waited for the timestamp; returns what the write log keeps of it. */
  WriteLog.Entry logEntry(long timestamp) {
    resolve(timestamp);
    return new WriteLog.Entry(
        timestamp,
        source,
        keyIndexes.stream().mapToLong(Long::longValue).toArray(),
        keys.toArray(byte[][]::new),
        keyDocuments.toArray(WriteLog.Written[]::new));
  }
}
