package dev.freshet.database;

/** The life of a table (spec 40 §4.1); the lower-case name stands in its {@code _tables} row. */
public enum TableState {
  ACTIVE,
  /** Being imported: reachable by its id only. */
  HIDDEN,
  /** Tombstoned; its documents are gone for readers and purged later. */
  DELETING
}
