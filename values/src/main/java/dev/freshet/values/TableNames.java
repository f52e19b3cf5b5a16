package dev.freshet.values;

import org.jspecify.annotations.Nullable;

/** The tables of one namespace by number, for validators of ids (spec 40 §11.2). */
@FunctionalInterface
public interface TableNames {
  /** No table is known. */
  TableNames NONE = _ -> null;

  /**
   * The name under which user code knows the table: the virtual name ({@code _storage}, {@code
   * _scheduled_functions}) where there is one. Null where no table has the number.
   *
   * @param tableNumber unsigned
   */
  @Nullable String nameOf(int tableNumber);
}
