package dev.freshet.app;

import dev.freshet.database.TableInfo;
import dev.freshet.database.Transaction;
import dev.freshet.values.TableNames;
import org.jspecify.annotations.Nullable;

/**
 * The tables by which validators know ids: a virtual table goes by its virtual name (spec 40 §4.2).
 */
record VisibleTables(Transaction transaction) implements TableNames {
  @Override
  public @Nullable String nameOf(int number) {
    TableInfo table = transaction.tableByNumber(number);
    return table == null ? null : nameOf(table);
  }

  /** The name that users know the table by. */
  static String nameOf(TableInfo table) {
    return switch (table.name()) {
      case "_file_storage" -> "_storage";
      case "_scheduled_jobs" -> "_scheduled_functions";
      default -> table.name();
    };
  }
}
