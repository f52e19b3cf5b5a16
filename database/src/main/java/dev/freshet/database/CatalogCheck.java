package dev.freshet.database;

import dev.freshet.storage.Finding;
import dev.freshet.storage.StoreInspection;
import dev.freshet.storage.StoreInspection.RevisionVisitor;
import dev.freshet.values.DocumentId;
import dev.freshet.values.FreshetException;
import dev.freshet.values.InternalId;
import dev.freshet.values.Value.ObjectValue;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads the catalog of a store row by row, goes on behind a row that can't be read, and checks what
 * must hold among the rows (spec 40 §5.4): names and numbers are unique, every table has its
 * built-in indexes, every index has a table.
 */
final class CatalogCheck {
  private final Consumer<Finding> findings;
  private final List<TableInfo> tables = new ArrayList<>();
  private final List<IndexInfo> indexes = new ArrayList<>();

  /** For each index number, the commit from which on its history is complete. */
  private final Map<Long, Long> completeSince = new HashMap<>();

  private final Map<Long, TableLayout> layouts = new HashMap<>();
  private Catalog catalog = Catalog.EMPTY;

  private CatalogCheck(Consumer<Finding> findings) {
    this.findings = findings;
  }

  /** Reads the newest state. */
  static CatalogCheck read(StoreInspection store, Consumer<Finding> findings) {
    CatalogCheck check = new CatalogCheck(findings);
    check.rows(
        store,
        Bootstrap.TABLES,
        (id, _, row) -> {
          TableInfo table = CatalogRows.table(id, row);
          check.tables.add(table);
          check.catalog = check.catalog.with(table);
        });
    check.rows(
        store,
        Bootstrap.INDEX,
        (id, timestamp, row) -> {
          IndexInfo index = CatalogRows.index(id, row);
          check.indexes.add(index);
          check.completeSince.put(index.storage(), timestamp);
          check.catalog = check.catalog.with(index);
        });
    check.rows(
        store,
        Bootstrap.SCHEMAS,
        (id, _, row) -> CatalogRows.applySchema(Catalog.EMPTY, new DocumentId(1, id), row));
    for (TableLayout layout : check.catalog.layouts()) {
      check.layouts.put(layout.table().storage(), layout);
    }
    return check;
  }

  Catalog catalog() {
    return catalog;
  }

  /** The table of a number; null if there is none. */
  @Nullable TableLayout layout(long table) {
    return layouts.get(table);
  }

  Iterable<TableLayout> layouts() {
    return layouts.values();
  }

  /** The commit from which on everything an index lost is in its history. */
  long completeSince(IndexInfo index) {
    return index.state() == IndexState.BACKFILLING
        ? Long.MAX_VALUE
        : completeSince.getOrDefault(index.storage(), Long.MAX_VALUE);
  }

  /** Checks what must hold among the rows. */
  void check(StoreInspection store) {
    Set<Object> seen = new HashSet<>();
    for (TableInfo table : tables) {
      if (table.state() == TableState.ACTIVE) {
        unique(seen, table, "the name", table.name());
      }
      if (table.state() != TableState.DELETING) {
        unique(seen, table, "the table number", table.number());
      }
      unique(seen, table, "the storage number", table.storage());
      checkBuiltIns(table);
    }
    checkIndexes();
    checkNumbers(store);
  }

  private void unique(Set<Object> seen, TableInfo table, String what, Object value) {
    if (!seen.add(List.of(what, table.namespace(), value))) {
      report(table.tablet(), "another table has " + what + " " + value + " too");
    }
  }

  private void checkBuiltIns(TableInfo table) {
    TableLayout layout = catalog.layout(table.tablet());
    if (layout == null || table.state() == TableState.DELETING) {
      return;
    }
    List<String> needed =
        table.storage() == Bootstrap.INDEX
            ? List.of(IndexInfo.BY_ID)
            : List.of(IndexInfo.BY_ID, IndexInfo.BY_CREATION_TIME);
    for (String descriptor : needed) {
      if (layout.enabled(descriptor) == null) {
        report(table.tablet(), "the table " + table.name() + " lacks the index " + descriptor);
      }
    }
  }

  private void checkIndexes() {
    Set<Long> numbers = new HashSet<>();
    Set<Object> names = new HashSet<>();
    for (IndexInfo index : indexes) {
      TableInfo table = catalog.table(index.tablet());
      if (table == null) {
        reportIndex(index, "its table doesn't exist");
      }
      if (!numbers.add(index.storage())) {
        reportIndex(index, "another index has the storage number " + index.storage() + " too");
      }
      boolean enabled = index.state() == IndexState.ENABLED;
      if (!names.add(List.of(index.tablet(), index.descriptor(), enabled))) {
        reportIndex(index, "another index of the table has this name too");
      }
    }
  }

  /** Numbers that were never handed out would be handed out again. */
  private void checkNumbers(StoreInspection store) {
    byte[] reserved = store.global(StorageNumbers.GLOBAL);
    if (reserved == null) {
      return;
    }
    long next = ByteBuffer.wrap(reserved).getLong();
    for (TableInfo table : tables) {
      if (table.storage() >= next) {
        report(table.tablet(), "its storage number " + table.storage() + " was never given out");
      }
    }
    for (IndexInfo index : indexes) {
      if (index.storage() >= next) {
        reportIndex(index, "its storage number " + index.storage() + " was never given out");
      }
    }
  }

  private void report(InternalId row, String detail) {
    findings.accept(new Finding(Finding.Kind.CATALOG, Bootstrap.TABLES, row, 0, detail));
  }

  private void reportIndex(IndexInfo index, String detail) {
    findings.accept(
        new Finding(Finding.Kind.CATALOG, Bootstrap.INDEX, index.id(), index.storage(), detail));
  }

  private interface Row {
    void read(InternalId id, long timestamp, ObjectValue row);
  }

  private void rows(StoreInspection store, long table, Row reader) {
    try {
      walk(store, table, reader);
    } catch (FreshetException e) {
      findings.accept(
          new Finding(
              Finding.Kind.DAMAGED_FILE,
              table,
              null,
              0,
              "it can't be read to its end: " + e.text()));
    }
  }

  private void walk(StoreInspection store, long table, Row reader) {
    store.walkTable(
        table,
        new RevisionVisitor() {
          private @Nullable InternalId current;

          @Override
          public void document(long number, long ofTable, InternalId id) {
            current = id;
          }

          @Override
          public void revision(long timestamp, byte @Nullable [] value) {
            InternalId id = current;
            current = null; // only the newest revision counts
            if (id != null && value != null) {
              parse(table, id, timestamp, value, reader);
            }
          }

          @Override
          public void end(boolean complete) {}
        });
  }

  private void parse(long table, InternalId id, long timestamp, byte[] value, Row reader) {
    try {
      reader.read(id, timestamp, StoredForm.parse(value));
    } catch (RuntimeException e) {
      findings.accept(
          new Finding(
              Finding.Kind.CATALOG, table, id, 0, "the row can't be read: " + e.getMessage()));
    }
  }
}
