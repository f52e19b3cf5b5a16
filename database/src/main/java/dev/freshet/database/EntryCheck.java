package dev.freshet.database;

import static dev.freshet.storage.Finding.Kind.MISSING_INDEX_ROW;
import static dev.freshet.storage.Finding.Kind.SURPLUS_INDEX_ROW;
import static dev.freshet.storage.Finding.Kind.WRONG_HISTORIC_INDEX_ROW;
import static dev.freshet.storage.Finding.Kind.WRONG_KEY_BYTES;

import dev.freshet.storage.Finding;
import dev.freshet.storage.StoreInspection;
import dev.freshet.storage.StoreInspection.Entry;
import dev.freshet.storage.StoreInspection.RevisionVisitor;
import dev.freshet.values.InternalId;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The other direction of {@link RevisionCheck}: every entry of an index is one that a document
 * needs. Since all needed entries were counted, counting is enough as long as the numbers agree;
 * only where they don't is every entry compared with its document.
 */
final class EntryCheck {
  private static final int KEY_BYTES_SHOWN = 24;

  private final StoreInspection store;
  private final TableLayout layout;
  private final int place;
  private final IndexInfo index;
  private final IndexTally tally;
  private final Consumer<Finding> findings;
  private long seen;
  private byte @Nullable [] previous;

  EntryCheck(
      StoreInspection store,
      TableLayout layout,
      IndexInfo index,
      IndexTally tally,
      Consumer<Finding> findings) {
    this.store = store;
    this.layout = layout;
    this.place = layout.indexes().indexOf(index);
    this.index = index;
    this.tally = tally;
    this.findings = findings;
  }

  /** Checks the index and returns how many entries it has. */
  long check() {
    store.entries(index.storage(), this::count);
    if (seen != tally.current || tally.missing() > 0) {
      store.entries(index.storage(), this::compare);
      if (index.state() != IndexState.BACKFILLING) {
        reportMissing();
      }
    }
    long retained = store.retained().minSnapshot();
    if (store.removedEntryCount(index.storage(), retained) != tally.removed) {
      store.removedEntries(index.storage(), retained, this::compareRemoved);
    }
    return seen;
  }

  private void count(Entry entry) {
    seen++;
    byte[] last = previous;
    if (last != null && Arrays.compareUnsigned(last, entry.key()) >= 0) {
      report(WRONG_KEY_BYTES, null, entry, "is not above the key before it");
    }
    previous = entry.key();
  }

  private void compare(Entry entry) {
    Current current = new Current(Long.MAX_VALUE);
    store.walkDocument(entry.document(), current);
    byte[] key = current.key;
    if (key == null) {
      report(SURPLUS_INDEX_ROW, current.id, entry, "points to " + current.lack());
    } else if (!Arrays.equals(key, entry.key())) {
      InternalId expected = tally.missingDocuments().remove(entry.document());
      if (expected != null) {
        report(WRONG_KEY_BYTES, expected, entry, "should be " + shown(key));
      } else {
        report(
            SURPLUS_INDEX_ROW,
            current.id,
            entry,
            "is not the document's, whose entry has the key " + shown(key));
      }
    }
  }

  private void compareRemoved(Entry entry) {
    Current before = new Current(entry.until());
    store.walkDocument(entry.document(), before);
    if (before.incomplete) {
      return; // the revision that would tell is gone, and so will be the entry
    }
    byte[] key = before.key;
    if (key == null || !Arrays.equals(key, entry.key()) || !before.endsAt) {
      report(
          WRONG_HISTORIC_INDEX_ROW,
          before.id,
          entry,
          "until " + entry.until() + " is none that the document lost then");
    }
  }

  private void reportMissing() {
    tally
        .missingDocuments()
        .forEach(
            (number, id) ->
                findings.accept(
                    new Finding(
                        MISSING_INDEX_ROW,
                        layout.table().storage(),
                        id,
                        index.storage(),
                        "document number " + number + " has no entry")));
  }

  private void report(Finding.Kind kind, @Nullable InternalId id, Entry entry, String detail) {
    findings.accept(
        new Finding(
            kind,
            layout.table().storage(),
            id,
            index.storage(),
            "the entry with the key " + shown(entry.key()) + " " + detail));
  }

  private static String shown(byte[] key) {
    return key.length <= KEY_BYTES_SHOWN
        ? HexFormat.of().formatHex(key)
        : HexFormat.of().formatHex(key, 0, KEY_BYTES_SHOWN) + "… (" + key.length + " bytes)";
  }

  /** The key of a document's newest revision before a timestamp. */
  private final class Current implements RevisionVisitor {
    private final long before;
    private boolean decided;
    private boolean exists;
    private boolean deleted;
    boolean incomplete;

    /** Whether a revision was written at exactly {@link #before}. */
    boolean endsAt;

    @Nullable InternalId id;
    byte @Nullable [] key;
    private long ofTable;

    Current(long before) {
      this.before = before;
    }

    @Override
    public void document(long number, long table, InternalId documentId) {
      exists = true;
      ofTable = table;
      id = documentId;
    }

    @Override
    public void revision(long timestamp, byte @Nullable [] value) {
      InternalId document = id;
      if (timestamp >= before) {
        endsAt |= timestamp == before;
        return;
      }
      if (decided || document == null) {
        return;
      }
      decided = true;
      deleted = value == null;
      if (value != null && ofTable == layout.table().storage()) {
        try {
          key = layout.keys(value, document)[place];
        } catch (RuntimeException e) {
          key = null; // reported as a malformed document
        }
      }
    }

    @Override
    public void end(boolean complete) {
      incomplete = !decided && !complete;
    }

    String lack() {
      if (!exists) {
        return "a document that doesn't exist";
      }
      if (ofTable != layout.table().storage()) {
        return "a document of another table";
      }
      return deleted ? "a deleted document" : "a document that can't be read";
    }
  }
}
