package dev.freshet.storage.sqlite;

/** What an acknowledged commit survives (decision 4). */
public enum Durability {
  /** A loss of power: every group of commits is flushed to the disk before it is acknowledged. */
  FULL,
  /**
   * A crash of the process, but a loss of power or of the operating system may take the newest
   * commits with it. Never the default.
   */
  NORMAL
}
