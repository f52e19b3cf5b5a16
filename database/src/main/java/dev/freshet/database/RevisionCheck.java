package dev.freshet.database;

import static dev.freshet.storage.Finding.Kind.DOCUMENT_OF_DROPPED_TABLE;
import static dev.freshet.storage.Finding.Kind.INDEX_ROW_TO_WRONG_REVISION;
import static dev.freshet.storage.Finding.Kind.MALFORMED_DOCUMENT;
import static dev.freshet.storage.Finding.Kind.MALFORMED_SYSTEM_ROW;
import static dev.freshet.storage.Finding.Kind.WRONG_HISTORIC_INDEX_ROW;

import dev.freshet.storage.Finding;
import dev.freshet.storage.StoreInspection;
import dev.freshet.storage.StoreInspection.Entry;
import dev.freshet.values.DocumentChecks;
import dev.freshet.values.DocumentId;
import dev.freshet.values.InternalId;
import dev.freshet.values.Value.Float64Value;
import dev.freshet.values.Value.ObjectValue;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Checks documents against the catalog and the indexes, one after the other, with their revisions
 * from the newest back.
 *
 * <p>Neighbouring revisions with the same key in an index form a <i>run</i>, and the index has one
 * entry for it: a current one for the run that is still going on, else a historic one until the
 * revision that ended it. The entry points to the document, since one of the run's revisions (the
 * first, unless the index was built later). Entries that belong to no run are surplus; {@link
 * EntryCheck} finds them where an index has more entries than were counted here.
 */
final class RevisionCheck implements StoreInspection.RevisionVisitor {
  private static final double MAX_CREATION_TIME = 0x1p53;

  private final StoreInspection store;
  private final CatalogCheck catalog;
  private final Map<String, SystemTable<?>> systemTables;
  private final Consumer<Finding> findings;
  private final Map<Long, IndexTally> indexes = new HashMap<>();
  private final Map<Long, Long> liveDocuments = new HashMap<>();
  private long revisions;

  // The document being visited.
  private long number;
  private long table;
  private InternalId id = new InternalId(0, 0);
  private @Nullable TableLayout layout;
  private @Nullable Run[] runs = {};
  private boolean first;
  private boolean readable;
  private long newer;

  RevisionCheck(
      StoreInspection store,
      CatalogCheck catalog,
      List<SystemTable<?>> systemTables,
      Consumer<Finding> findings) {
    this.store = store;
    this.catalog = catalog;
    this.findings = findings;
    this.systemTables = new HashMap<>();
    systemTables.forEach(declared -> this.systemTables.put(declared.name(), declared));
    for (TableLayout known : catalog.layouts()) {
      known.indexes().forEach(index -> indexes.put(index.storage(), new IndexTally()));
    }
  }

  /** Revisions with the same key in one index. */
  private static final class Run {
    final byte[] key;
    final long until;
    final @Nullable Entry entry;

    /** Whether the entry is since one of the run's revisions. */
    boolean matched;

    long oldest;

    Run(byte[] key, long until, @Nullable Entry entry) {
      this.key = key;
      this.until = until;
      this.entry = entry;
    }

    void add(long timestamp) {
      oldest = timestamp;
      matched |= entry != null && entry.since() == timestamp;
    }
  }

  /** What was seen of each index, by number. */
  IndexTally tally(IndexInfo index) {
    return indexes.getOrDefault(index.storage(), new IndexTally());
  }

  long liveDocuments(long ofTable) {
    return liveDocuments.getOrDefault(ofTable, 0L);
  }

  long liveDocuments() {
    return liveDocuments.values().stream().mapToLong(Long::longValue).sum();
  }

  long revisions() {
    return revisions;
  }

  @Override
  public void document(long documentNumber, long ofTable, InternalId documentId) {
    number = documentNumber;
    table = ofTable;
    id = documentId;
    layout = catalog.layout(ofTable);
    runs = new @Nullable Run[layout == null ? 0 : layout.indexes().size()];
    first = true;
    readable = true;
  }

  @Override
  public void revision(long timestamp, byte @Nullable [] value) {
    revisions++;
    boolean newest = first;
    first = false;
    TableLayout known = layout;
    if (known == null) {
      if (newest && value != null) {
        report(DOCUMENT_OF_DROPPED_TABLE, 0, "no table has the number " + table);
      }
      return;
    }
    if (known.table().state() == TableState.DELETING || !readable) {
      return; // waits to be purged, or was reported
    }
    if (newest && value != null) {
      liveDocuments.merge(table, 1L, Long::sum);
    }
    byte[][] keys = null;
    if (value != null) {
      keys = keys(known, timestamp, value, newest);
      readable = keys != null;
    }
    for (int i = 0; readable && i < runs.length; i++) {
      IndexInfo index = known.indexes().get(i);
      if (!index.isById()) {
        continueRun(i, index, timestamp, keys == null ? null : keys[i], newest);
      }
    }
    newer = timestamp;
  }

  private void continueRun(
      int place, IndexInfo index, long timestamp, byte @Nullable [] key, boolean newest) {
    Run run = runs[place];
    if (run != null && key != null && Arrays.equals(run.key, key)) {
      run.add(timestamp);
      return;
    }
    if (run != null) {
      close(index, run, true);
    }
    Run next = key == null ? null : open(index, key, newest ? 0 : newer);
    if (next != null) {
      next.add(timestamp);
    }
    runs[place] = next;
  }

  private Run open(IndexInfo index, byte[] key, long until) {
    IndexTally tally = tally(index);
    Entry entry;
    if (until == 0) {
      entry = store.entry(index.storage(), key);
      if (entry == null) {
        tally.missing(number, id);
      } else if (entry.document() == number) {
        tally.current++;
      }
    } else {
      entry = store.removedEntry(index.storage(), until, key);
      boolean kept = until > store.retained().minSnapshot();
      if (entry != null && kept) {
        tally.removed++;
      } else if (entry == null && kept && until > catalog.completeSince(index)) {
        report(
            WRONG_HISTORIC_INDEX_ROW,
            index.storage(),
            "the entry that the commit at " + until + " removed is missing");
      }
    }
    return new Run(key, until, entry);
  }

  private void close(IndexInfo index, Run run, boolean complete) {
    Entry entry = run.entry;
    if (entry == null) {
      return;
    }
    Finding.Kind kind = run.until == 0 ? INDEX_ROW_TO_WRONG_REVISION : WRONG_HISTORIC_INDEX_ROW;
    if (entry.document() != number) {
      report(
          kind,
          index.storage(),
          "its entry points to document number " + entry.document() + " instead of " + number);
    } else if (!run.matched && (complete || entry.since() > run.oldest)) {
      report(
          kind,
          index.storage(),
          "its entry is since "
              + entry.since()
              + ", when no revision with this key was written (the oldest is of "
              + run.oldest
              + ")");
    }
  }

  @Override
  public void end(boolean complete) {
    TableLayout known = layout;
    if (known == null || !readable) {
      return;
    }
    for (int i = 0; i < runs.length; i++) {
      Run run = runs[i];
      if (run != null) {
        close(known.indexes().get(i), run, complete);
      }
    }
  }

  /** The keys of a revision; null, and a finding, if it isn't a proper document. */
  private byte @Nullable [][] keys(
      TableLayout known, long timestamp, byte[] value, boolean newest) {
    String problem;
    try {
      ObjectValue document = StoredForm.parse(value);
      problem = problem(known.table(), document);
      if (problem == null) {
        if (newest) {
          checkSystemRow(known.table(), document);
        }
        return known.keys(value, id);
      }
    } catch (RuntimeException e) {
      problem = String.valueOf(e.getMessage());
    }
    report(MALFORMED_DOCUMENT, 0, "its revision at " + timestamp + ": " + problem);
    return null;
  }

  private @Nullable String problem(TableInfo of, ObjectValue document) {
    DocumentId expected = new DocumentId(of.number(), id);
    if (!expected.toValue().equals(document.get(DocumentChecks.ID))) {
      return "the field _id is not " + expected.encode();
    }
    if (!(document.get(DocumentChecks.CREATION_TIME) instanceof Float64Value(double time))
        || !(time > 0 && time < MAX_CREATION_TIME)) {
      return "the field _creationTime is no time";
    }
    return null;
  }

  private void checkSystemRow(TableInfo of, ObjectValue document) {
    SystemTable<?> declared = systemTables.get(of.name());
    if (declared == null) {
      return;
    }
    try {
      declared.checkReadable(document);
    } catch (RuntimeException e) {
      report(MALFORMED_SYSTEM_ROW, 0, "the row can't be read: " + e.getMessage());
    }
  }

  private void report(Finding.Kind kind, long index, String detail) {
    findings.accept(new Finding(kind, table, id, index, detail));
  }
}
