package dev.freshet.database;

/** Who reads and writes: decides which tables exist for it. */
public enum AccessMode {
  /** A user's function: system tables are private, apart from the virtual ones. */
  USER,
  /** Freshet itself and its system functions: every table, no difference but the limits. */
  SYSTEM
}
