package dev.freshet.database;

import dev.freshet.values.FreshetException;
import dev.freshet.values.InternalId;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The tables, indexes and schemas of a snapshot. Immutable: a change copies the maps, which is
 * cheap against how seldom a table, an index or a schema changes.
 */
public final class Catalog {
  /** Virtual tables and the system tables that hold their documents (spec 40 §4.2). */
  static final Map<String, String> VIRTUAL_TABLES =
      Map.of("_storage", "_file_storage", "_scheduled_functions", "_scheduled_jobs");

  /** The name under which user code knows a table. */
  static String userName(String name) {
    return switch (name) {
      case "_file_storage" -> "_storage";
      case "_scheduled_jobs" -> "_scheduled_functions";
      default -> name;
    };
  }

  static final Catalog EMPTY = new Catalog(Map.of(), Map.of(), Map.of(), Map.of());

  private record NameKey(Namespace namespace, String name) {}

  private record NumberKey(Namespace namespace, int number) {}

  private final Map<InternalId, TableLayout> layouts;
  private final Map<NameKey, TableLayout> active;
  private final Map<NumberKey, TableLayout> numbers;

  /** Schemas that are active or in progress. */
  private final Map<InternalId, SchemaRow> schemas;

  private Catalog(
      Map<InternalId, TableLayout> layouts,
      Map<NameKey, TableLayout> active,
      Map<NumberKey, TableLayout> numbers,
      Map<InternalId, SchemaRow> schemas) {
    this.layouts = layouts;
    this.active = active;
    this.numbers = numbers;
    this.schemas = schemas;
  }

  /** The active table of a name. */
  public @Nullable TableInfo table(Namespace namespace, String name) {
    TableLayout layout = layout(namespace, name);
    return layout == null ? null : layout.table();
  }

  /** The active table of a number. */
  public @Nullable TableInfo tableByNumber(Namespace namespace, int number) {
    TableLayout layout = layoutByNumber(namespace, number);
    return layout == null ? null : layout.table();
  }

  public @Nullable TableInfo table(InternalId tablet) {
    TableLayout layout = layouts.get(tablet);
    return layout == null ? null : layout.table();
  }

  /** The active tables of a namespace in the order of their names, system tables included. */
  public List<TableInfo> tables(Namespace namespace) {
    return active.values().stream()
        .map(TableLayout::table)
        .filter(table -> table.namespace().equals(namespace))
        .sorted(Comparator.comparing(TableInfo::name))
        .toList();
  }

  /** The tables in a state, of all namespaces. */
  List<TableInfo> tables(TableState state) {
    return layouts.values().stream()
        .map(TableLayout::table)
        .filter(table -> table.state() == state)
        .toList();
  }

  /** The indexes of a table, in any state. */
  public List<IndexInfo> indexes(TableInfo table) {
    TableLayout layout = layouts.get(table.tablet());
    return layout == null ? List.of() : layout.indexes();
  }

  @Nullable TableLayout layout(Namespace namespace, String name) {
    return active.get(new NameKey(namespace, name));
  }

  @Nullable TableLayout layoutByNumber(Namespace namespace, int number) {
    return numbers.get(new NumberKey(namespace, number));
  }

  @Nullable TableLayout layout(InternalId tablet) {
    return layouts.get(tablet);
  }

  Iterable<TableLayout> layouts() {
    return layouts.values();
  }

  /** Whether any table, in any state, has the number. */
  boolean isNumberTaken(Namespace namespace, int number) {
    if (numbers.containsKey(new NumberKey(namespace, number))) {
      return true;
    }
    for (TableLayout layout : layouts.values()) {
      TableInfo table = layout.table();
      if (table.number() == number && table.namespace().equals(namespace)) {
        return true;
      }
    }
    return false;
  }

  /** The smallest number in a range that no table has. */
  int firstFreeNumber(Namespace namespace, int first, int last) {
    BitSet taken = new BitSet();
    for (TableLayout layout : layouts.values()) {
      TableInfo table = layout.table();
      if (table.number() >= first && table.namespace().equals(namespace)) {
        taken.set(table.number() - first);
      }
    }
    int free = first + taken.nextClearBit(0);
    if (free > last) {
      throw FreshetException.internal("no table number is left", null);
    }
    return free;
  }

  long userTables() {
    return active.values().stream().filter(layout -> !layout.table().isSystem()).count();
  }

  @Nullable SchemaRow activeSchema(Namespace namespace) {
    return namespace.isRoot() ? first(SchemaRow::isActive) : null;
  }

  /** The schema that is pending or validated; there is at most one. */
  @Nullable SchemaRow schemaInProgress(Namespace namespace) {
    return namespace.isRoot() ? first(SchemaRow::isInProgress) : null;
  }

  private @Nullable SchemaRow first(Predicate<SchemaRow> condition) {
    for (SchemaRow row : schemas.values()) {
      if (condition.test(row)) {
        return row;
      }
    }
    return null;
  }

  Catalog with(TableInfo table) {
    TableLayout old = layouts.get(table.tablet());
    return replaced(old, old == null ? new TableLayout(table, List.of()) : old.with(table));
  }

  Catalog withoutTable(InternalId tablet) {
    return replaced(layouts.get(tablet), null);
  }

  Catalog with(IndexInfo index) {
    TableLayout old = layouts.get(index.tablet());
    return old == null ? this : replaced(old, old.with(index));
  }

  Catalog withoutIndex(InternalId index) {
    for (TableLayout layout : layouts.values()) {
      if (layout.indexes().stream().anyMatch(i -> i.id().equals(index))) {
        return replaced(layout, layout.without(index));
      }
    }
    return this;
  }

  /** With a schema's new state; finished ones are forgotten. */
  Catalog with(SchemaRow row) {
    Map<InternalId, SchemaRow> changed = new HashMap<>(schemas);
    if (row.isActive() || row.isInProgress()) {
      changed.put(row.id().internalId(), row);
    } else {
      changed.remove(row.id().internalId());
    }
    return new Catalog(layouts, active, numbers, changed);
  }

  Catalog withoutSchema(InternalId schema) {
    Map<InternalId, SchemaRow> changed = new HashMap<>(schemas);
    changed.remove(schema);
    return new Catalog(layouts, active, numbers, changed);
  }

  private Catalog replaced(@Nullable TableLayout old, @Nullable TableLayout changed) {
    Map<InternalId, TableLayout> newLayouts = new HashMap<>(layouts);
    Map<NameKey, TableLayout> newActive = new HashMap<>(active);
    Map<NumberKey, TableLayout> newNumbers = new HashMap<>(numbers);
    if (old != null) {
      TableInfo table = old.table();
      newLayouts.remove(table.tablet());
      if (table.state() == TableState.ACTIVE) {
        newActive.remove(new NameKey(table.namespace(), table.name()));
        newNumbers.remove(new NumberKey(table.namespace(), table.number()));
      }
    }
    if (changed != null) {
      TableInfo table = changed.table();
      newLayouts.put(table.tablet(), changed);
      if (table.state() == TableState.ACTIVE) {
        newActive.put(new NameKey(table.namespace(), table.name()), changed);
        newNumbers.put(new NumberKey(table.namespace(), table.number()), changed);
      }
    }
    return new Catalog(newLayouts, newActive, newNumbers, schemas);
  }
}
