package dev.freshet.database;

import dev.freshet.storage.CommitRecord;
import dev.freshet.storage.CommitRecord.DocumentWrite;
import dev.freshet.storage.CommitRecord.IndexWrite;
import dev.freshet.storage.DocumentRevision;
import dev.freshet.storage.Persistence;
import dev.freshet.storage.PersistenceReader;
import dev.freshet.storage.TablePage;
import dev.freshet.storage.TableScan;
import dev.freshet.values.Clock;
import dev.freshet.values.DocumentId;
import dev.freshet.values.InternalId;
import dev.freshet.values.SortKey;
import dev.freshet.values.Value;
import dev.freshet.values.Value.ObjectValue;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/**
 * The tables that describe everything else, {@code _tables}, {@code _index} and {@code _schemas}:
 * how a fresh persistence gets them, and how an existing one is read (spec 40 §4.3, §10.3). Their
 * numbers in the persistence are fixed, so that they are found before the catalog is known.
 */
final class Bootstrap {
  static final long TABLES = 1;
  static final long INDEX = 2;
  static final long SCHEMAS = 3;

  static final long TABLES_BY_NAME = 6;
  static final long TABLES_BY_NUMBER = 7;
  static final long TABLES_BY_ID = 4;
  static final long INDEX_BY_TABLE_ID = 9;
  static final long SCHEMAS_BY_STATE = 12;

  /** The first number that is free for other tables and indexes. */
  static final long FIRST_FREE_NUMBER = 32;

  /** System table numbers are 512 + n of spec 40 §4.3. */
  private static final int NUMBER_BASE = 512;

  /** The dependency on which schemas are active or in progress. */
  static final List<KeyRange> LIVE_SCHEMAS =
      List.of(stateRange("active"), stateRange("pending"), stateRange("validated"));

  private static final int PAGE = 1000;
  private static final long PAGE_BYTES = 4L << 20;

  private record Table(String name, long storage, int number, List<Index> indexes) {}

  private record Index(String descriptor, long storage, List<String> fields) {}

  private static final List<Table> DEFINITIONS =
      List.of(
          new Table(
              "_tables",
              TABLES,
              NUMBER_BASE + 1,
              List.of(
                  new Index(IndexInfo.BY_ID, TABLES_BY_ID, List.of()),
                  new Index(IndexInfo.BY_CREATION_TIME, 5, List.of("_creationTime")),
                  new Index("by_name", TABLES_BY_NAME, List.of("name")),
                  new Index("by_number", TABLES_BY_NUMBER, List.of("number")))),
          new Table(
              "_index",
              INDEX,
              NUMBER_BASE + 2,
              List.of(
                  new Index(IndexInfo.BY_ID, 8, List.of()),
                  new Index("by_table_id", INDEX_BY_TABLE_ID, List.of("table_id")))),
          new Table(
              "_schemas",
              SCHEMAS,
              NUMBER_BASE + 20,
              List.of(
                  new Index(IndexInfo.BY_ID, 10, List.of()),
                  new Index(IndexInfo.BY_CREATION_TIME, 11, List.of("_creationTime")),
                  new Index("by_state", SCHEMAS_BY_STATE, List.of("state.state")))));

  private Bootstrap() {}

  private static KeyRange stateRange(String state) {
    return KeyRange.prefix(SortKey.of(Value.of(state)));
  }

  /** Writes the first commit of a fresh persistence. */
  static void write(Persistence persistence, Clock clock, RandomGenerator random) {
    long timestamp = Math.max(1, clock.unixNanos());
    long millis = clock.unixMillis();
    Catalog catalog = Catalog.EMPTY;
    List<TableInfo> tables = new ArrayList<>();
    List<IndexInfo> indexes = new ArrayList<>();
    for (Table definition : DEFINITIONS) {
      TableInfo table =
          new TableInfo(
              InternalId.random(random, millis),
              Namespace.ROOT,
              definition.name(),
              definition.number(),
              TableState.ACTIVE,
              definition.storage());
      catalog = catalog.with(table);
      tables.add(table);
      for (Index index : definition.indexes()) {
        IndexInfo info =
            new IndexInfo(
                InternalId.random(random, millis),
                table.tablet(),
                index.descriptor(),
                index.fields(),
                IndexState.ENABLED,
                false,
                index.storage());
        catalog = catalog.with(info);
        indexes.add(info);
      }
    }
    FirstCommit commit = new FirstCommit(catalog, millis);
    tables.forEach(table -> commit.add("_tables", table.tablet(), CatalogRows.table(table)));
    indexes.forEach(index -> commit.add("_index", index.id(), CatalogRows.index(index)));
    persistence.commit(List.of(new CommitRecord(timestamp, commit.documents, commit.indexes)));
  }

  private static final class FirstCommit {
    final List<DocumentWrite> documents = new ArrayList<>();
    final List<IndexWrite> indexes = new ArrayList<>();
    private final Catalog catalog;
    private double creationTime;

    FirstCommit(Catalog catalog, long millis) {
      this.catalog = catalog;
      this.creationTime = Math.max(1, millis);
    }

    void add(String tableName, InternalId id, ObjectValue row) {
      TableLayout layout = catalog.layout(Namespace.ROOT, tableName);
      if (layout == null) {
        throw new IllegalStateException(tableName);
      }
      TableInfo table = layout.table();
      ObjectValue document =
          row.with("_id", new DocumentId(table.number(), id).toValue())
              .with("_creationTime", Value.of(creationTime));
      creationTime = Math.nextUp(creationTime);
      byte[] stored = StoredForm.of(document);
      documents.add(new DocumentWrite(table.storage(), id, 0, stored));
      byte[][] keys = layout.keys(stored, id);
      for (int i = 0; i < keys.length; i++) {
        IndexInfo index = layout.indexes().get(i);
        if (!index.isById()) {
          indexes.add(new IndexWrite(index.storage(), table.storage(), keys[i], id, true));
        }
      }
    }
  }

  /** Reads the catalog as of a timestamp. */
  static Catalog read(PersistenceReader reader, long timestamp) {
    Catalog[] catalog = {Catalog.EMPTY};
    scan(
        reader,
        TABLES,
        timestamp,
        row ->
            catalog[0] =
                CatalogRows.applyTable(catalog[0], row.id(), StoredForm.parse(row.value())));
    scan(
        reader,
        INDEX,
        timestamp,
        row ->
            catalog[0] =
                CatalogRows.applyIndex(catalog[0], row.id(), StoredForm.parse(row.value())));
    TableLayout schemas = catalog[0].layout(Namespace.ROOT, "_schemas");
    int number = schemas == null ? NUMBER_BASE + 20 : schemas.table().number();
    scan(
        reader,
        SCHEMAS,
        timestamp,
        row ->
            catalog[0] =
                CatalogRows.applySchema(
                    catalog[0], new DocumentId(number, row.id()), StoredForm.parse(row.value())));
    return catalog[0];
  }

  private static void scan(
      PersistenceReader reader, long table, long timestamp, Consumer<DocumentRevision> rows) {
    InternalId from = null;
    while (true) {
      TablePage page =
          reader.scanTable(new TableScan(table, from, null, false, PAGE, PAGE_BYTES, timestamp));
      page.rows().forEach(rows);
      if (page.exhausted()) {
        return;
      }
      from = IndexKeys.idAtOrAbove(IndexKeys.successor(page.rows().getLast().id().toBytes()));
      if (from == null) {
        return;
      }
    }
  }
}
