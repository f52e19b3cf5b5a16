package dev.freshet.database;

import dev.freshet.values.FreshetException;
import dev.freshet.values.InternalId;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The tables, indexes and schemas of a snapshot. Immutable. */
public final class Catalog {
  Catalog() {}

  /** The active table of a name. */
  public @Nullable TableInfo table(Namespace namespace, String name) {
    throw notYet();
  }

  /** The active table of a number. */
  public @Nullable TableInfo tableByNumber(Namespace namespace, int number) {
    throw notYet();
  }

  public @Nullable TableInfo table(InternalId tablet) {
    throw notYet();
  }

  /** The active tables of a namespace in the order of their names, system tables included. */
  public List<TableInfo> tables(Namespace namespace) {
    throw notYet();
  }

  /** The indexes of a table, in any state. */
  public List<IndexInfo> indexes(TableInfo table) {
    throw notYet();
  }

  private static FreshetException notYet() {
    return FreshetException.notYetAvailable("The database");
  }
}
