package dev.freshet.database;

/** The life of an index (spec 40 §5.2). Every write maintains an index in any state. */
public enum IndexState {
  /** Entries of older documents are being added; not queryable. */
  BACKFILLING,
  /** Complete, but a push has yet to enable it (or it is staged); not queryable. */
  BACKFILLED,
  /** Queryable. */
  ENABLED
}
