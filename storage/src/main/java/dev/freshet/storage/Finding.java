package dev.freshet.storage;

import dev.freshet.values.InternalId;
import org.jspecify.annotations.Nullable;

/**
 * Something in a store that must not be.
 *
 * @param kind what it is
 * @param table the number of the table; 0: none in particular
 * @param id the document; null: none in particular
 * @param index the number of the index; 0: none in particular
 * @param detail where exactly and how, for people
 */
public record Finding(Kind kind, long table, @Nullable InternalId id, long index, String detail) {

  /** What can be wrong, each with the name that tools print and what its reader can do. */
  public enum Kind {
    DAMAGED_FILE("damaged-file", Advice.RESTORE),
    DAMAGED_DOCUMENT("damaged-document", Advice.RESTORE),
    MALFORMED_DOCUMENT("malformed-document", Advice.REPLACE),
    DOCUMENT_OF_DROPPED_TABLE("document-of-dropped-table", Advice.RESTORE),
    CATALOG("catalog", Advice.RESTORE),
    MALFORMED_SYSTEM_ROW("malformed-system-row", Advice.RESTORE),
    MISSING_INDEX_ROW("missing-index-row", Advice.REBUILD),
    SURPLUS_INDEX_ROW("surplus-index-row", Advice.REBUILD),
    INDEX_ROW_TO_WRONG_REVISION("index-row-to-wrong-revision", Advice.REBUILD),
    WRONG_KEY_BYTES("wrong-key-bytes", Advice.REBUILD),
    WRONG_HISTORIC_INDEX_ROW("wrong-historic-index-row", Advice.PASSES),
    BROKEN_PREVIOUS_LINK("broken-prev-ts-link", Advice.RESTORE),
    TWO_REVISIONS_AT_ONE_TIMESTAMP("two-revisions-at-one-ts", Advice.RESTORE),
    COMMIT_BEYOND_MAXIMUM("commit-beyond-maximum", Advice.RESTORE),
    REVISION_REMOVED_TOO_EARLY("revision-removed-too-early", Advice.PASSES),
    RETENTION_BOUNDS("retention-bounds", Advice.RESTORE),
    WRONG_COUNT("wrong-count", Advice.RECOUNT),
    DAMAGED_BLOB("damaged-blob", Advice.PUSH);

    private final String text;
    private final String advice;

    Kind(String text, String advice) {
      this.text = text;
      this.advice = advice;
    }

    /** The name that tools print; stable. */
    public String text() {
      return text;
    }

    /** What to do about it. */
    public String advice() {
      return advice;
    }

    /** The same about an index that no schema declares. */
    public String adviceForBuiltIns() {
      return advice.equals(Advice.REBUILD) ? Advice.RESTORE : advice;
    }
  }

  private static final class Advice {
    static final String RESTORE = "restore a backup";
    static final String REPLACE = "replace or delete the document, or restore a backup";
    static final String REBUILD =
        "rebuild the index (push the schema without it, then with it), or restore a backup";
    static final String PASSES =
        "only reads in the past are affected; it goes away when retention passes it";
    static final String RECOUNT = "start the server, write something and kill it: it counts anew";
    static final String PUSH = "push the app again, or restore storage/ from a backup";
  }
}
