package dev.freshet.database;

/** The direction of a query. */
public enum Order {
  ASC,
  DESC
}
