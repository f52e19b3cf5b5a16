package dev.freshet.database;

import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.values.DocumentId;
import dev.freshet.values.InternalId;
import dev.freshet.values.JsonFormat;
import dev.freshet.values.Value.ObjectValue;
import dev.freshet.values.ValueJson;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The rows that the catalog is made of, as administrators and exports see them. */
class CatalogRowsTest {
  private static final InternalId TABLET = new InternalId(1, 2);
  private static final InternalId ID = new InternalId(3, 4);
  private static final SchemaDefinition SCHEMA =
      SchemaDefinition.evaluate("{\"tables\":[],\"schemaValidation\":true}");

  private static String json(ObjectValue row) {
    return ValueJson.write(row, JsonFormat.EXPORT);
  }

  @ParameterizedTest
  @CsvSource({"ACTIVE,active", "HIDDEN,hidden", "DELETING,deleting"})
  void tables(TableState state, String text) {
    TableInfo table = new TableInfo(TABLET, Namespace.ROOT, "notes", 10_001, state, 40);
    ObjectValue row = CatalogRows.table(table);
    assertThat(json(row))
        .isEqualTo(
            "{\"name\":\"notes\",\"number\":10001,\"persistenceTableId\":40,\"state\":\""
                + text
                + "\"}");
    assertThat(CatalogRows.table(TABLET, row)).isEqualTo(table);
  }

  @Test
  void tablesOfComponents() {
    TableInfo table =
        new TableInfo(TABLET, new Namespace("c1"), "notes", 10_001, TableState.ACTIVE, 40);
    ObjectValue row = CatalogRows.table(table);
    assertThat(json(row)).contains("\"namespace\":{\"id\":\"c1\",\"kind\":\"byComponent\"}");
    assertThat(CatalogRows.table(TABLET, row)).isEqualTo(table);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "ENABLED|false|{\"type\":\"Enabled\"}",
        "BACKFILLED|false|{\"staged\":false,\"type\":\"Backfilled2\"}",
        "BACKFILLED|true|{\"staged\":true,\"type\":\"Backfilled2\"}",
        "BACKFILLING|false|{\"backfillState\":{\"staged\":false},\"type\":\"Backfilling\"}",
        "BACKFILLING|true|{\"backfillState\":{\"staged\":true},\"type\":\"Backfilling\"}",
      })
  void indexes(IndexState state, boolean staged, String onDisk) {
    List<String> fields = List.of("a.b", "_creationTime");
    IndexInfo index = new IndexInfo(ID, TABLET, "by_ab", fields, state, staged, 41);
    ObjectValue row = CatalogRows.index(index);
    assertThat(json(row))
        .isEqualTo(
            "{\"config\":{\"fields\":[\"a.b\",\"_creationTime\"],\"onDiskState\":"
                + onDisk
                + ",\"persistenceIndexId\":41,\"type\":\"database\"},\"descriptor\":\"by_ab\","
                + "\"table_id\":\""
                + TABLET
                + "\"}");
    assertThat(CatalogRows.index(ID, row)).isEqualTo(index);
  }

  @ParameterizedTest
  @CsvSource({"pending", "validated", "active", "overwritten"})
  void schemas(String name) {
    SchemaState state =
        switch (name) {
          case "pending" -> new SchemaState.Pending();
          case "validated" -> new SchemaState.Validated();
          case "active" -> new SchemaState.Active();
          default -> new SchemaState.Overwritten();
        };
    assertSchema(state, "{\"state\":\"" + name + "\"}");
  }

  @Test
  void schemasThatFailed() {
    assertSchema(
        new SchemaState.Failed("why", "notes"),
        "{\"error\":\"why\",\"state\":\"failed\",\"table_name\":\"notes\"}");
    assertSchema(new SchemaState.Failed("why", null), "{\"error\":\"why\",\"state\":\"failed\"}");
  }

  private static void assertSchema(SchemaState state, String text) {
    ObjectValue row = CatalogRows.schema(state, SCHEMA);
    assertThat(json(row)).endsWith(",\"state\":" + text + "}").startsWith("{\"schema\":\"{");
    DocumentId id = new DocumentId(532, ID);
    assertThat(CatalogRows.schema(id, row)).isEqualTo(new SchemaRow(id, state, SCHEMA));
  }
}
