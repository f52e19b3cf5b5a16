package dev.freshet.database;

import dev.freshet.values.FreshetException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A running query of a transaction: reads as much as it gives out (spec 40 §6.4), and sees the
 * transaction's own writes. Confined to the transaction's thread.
 *
 * <p>A consumer far away may look ahead: {@link #ahead} shows what {@link #next} would give as long
 * as the transaction writes nothing, and {@link #take} counts what was used of that as read. To
 * make that possible, each row shown knows what reading up to it costs and the state of the
 * operators behind it, to which {@link #rewind} goes back.
 */
public final class QueryStream {
  /**
   * What comes next.
   *
   * @param ends whether the query ends after these documents
   */
  public record Ahead(List<Document> documents, boolean ends) {}

  /** A document that was shown, or the end: what it takes to have read up to here. */
  @SuppressWarnings("ArrayRecordComponent") // carried, never compared
  private record Shown(IndexStream.Position position, long[] limits) {}

  private final @Nullable IndexStream rows;
  private final QueryPlanner.Pipeline pipeline;
  private final ArrayDeque<Shown> shown = new ArrayDeque<>();
  private IndexStream.@Nullable Position taken;
  private long[] takenLimits;

  /**
   * @param rows null if the table doesn't exist
   */
  QueryStream(@Nullable IndexStream rows, QueryPlanner.Pipeline pipeline) {
    this.rows = rows;
    this.pipeline = pipeline;
    this.takenLimits = pipeline.limits();
  }

  /** The next document, or null at the end. */
  public @Nullable Document next() {
    if (rows == null) {
      return null;
    }
    rewind();
    IndexStream.Row row = pipeline.next(rows);
    taken = rows.position();
    takenLimits = pipeline.limits();
    return row == null ? null : row.document();
  }

  /**
   * Shows what comes next without counting it as read; what was shown before and not taken is
   * forgotten. Less than that is shown if it would come near the limits of the transaction.
   *
   * @param maxDocuments how many documents at most
   * @param maxBytes no more documents once they have this size
   */
  public Ahead ahead(int maxDocuments, long maxBytes) {
    List<Document> documents = new ArrayList<>(Math.min(maxDocuments, 64));
    if (rows == null) {
      return new Ahead(documents, false);
    }
    rewind();
    boolean ends = false;
    long bytes = 0;
    IndexStream.Position before = rows.position();
    try {
      while (!ends && documents.size() < maxDocuments && bytes < maxBytes && rows.hasRoomAhead()) {
        IndexStream.Row row = pipeline.show(rows);
        ends = row == null;
        if (row != null) {
          documents.add(row.document());
          bytes += row.document().stored().length;
        }
        before = rows.position();
        shown.add(new Shown(before, pipeline.limits()));
      }
    } catch (FreshetException e) {
      // Whoever asks for that row gets the error, if nothing has changed until then.
      rows.resume(before);
      Shown last = shown.peekLast();
      pipeline.restore(last == null ? takenLimits : last.limits());
    }
    return new Ahead(documents, ends);
  }

  /** Counts as read what was shown first; the end counts as one. */
  public void take(int count) {
    IndexStream source = rows;
    if (count == 0 || source == null) {
      return;
    }
    Shown last = null;
    for (int i = 0; i < count; i++) {
      last = shown.poll();
    }
    if (last == null) {
      throw FreshetException.internal("more rows were taken than were shown", null);
    }
    taken = last.position();
    takenLimits = last.limits();
    source.read(last.position());
  }

  /** Forgets what was shown and not taken. */
  public void rewind() {
    if (rows != null && !shown.isEmpty()) {
      shown.clear();
      rows.resume(taken);
      pipeline.restore(takenLimits);
    }
  }
}
