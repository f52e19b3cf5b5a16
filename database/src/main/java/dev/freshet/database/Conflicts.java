package dev.freshet.database;

import dev.freshet.values.DocumentId;
import java.util.Arrays;

/** Tells a conflict to the one who lost (spec 40 §7.6). */
final class Conflicts {
  private static final String DOCS = "https://docs.convex.dev/error#1";

  private Conflicts() {}

  /** The index key two transactions wanted. */
  @SuppressWarnings("ArrayRecordComponent") // equals and hashCode below go by content
  record Contended(long index, byte[] key) {
    @Override
    public boolean equals(Object other) {
      return other instanceof Contended that && index == that.index && Arrays.equals(key, that.key);
    }

    @Override
    public int hashCode() {
      return Long.hashCode(index) * 31 + Arrays.hashCode(key);
    }
  }

  static ConflictException exception(WriteLog.Hit hit, WriteSource loser) {
    WriteLog.Entry entry = hit.entry();
    WriteLog.Written written = entry.documents[hit.key()];
    boolean system = written.table().startsWith("_");
    String message =
        system
            ? "Data read or written in this mutation changed while it was being run. Consider reading"
                + " less of it through an index with a narrower range"
                + " (https://docs.convex.dev/database/indexes/)."
            : "Documents read from or written to the \""
                + written.table()
                + "\" table changed while this mutation was being run and on every subsequent"
                + " retry. "
                + who(entry.source, loser, written.id())
                + "See "
                + DOCS;
    return new ConflictException(
        message,
        written.table(),
        written.id(),
        entry.source,
        entry.timestamp,
        new Contended(entry.indexes[hit.key()], entry.keys[hit.key()]));
  }

  private static String who(WriteSource winner, WriteSource loser, DocumentId document) {
    String name = winner.text();
    if (name == null) {
      return "";
    }
    String subject =
        winner.equals(loser) ? "Another call to this mutation" : "A call to \"" + name + "\"";
    return subject + " changed the document with ID \"" + document.encode() + "\". ";
  }
}
