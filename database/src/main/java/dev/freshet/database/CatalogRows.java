package dev.freshet.database;

import static java.util.Objects.requireNonNull;

import dev.freshet.values.DocumentId;
import dev.freshet.values.FreshetException;
import dev.freshet.values.InternalId;
import dev.freshet.values.Value;
import dev.freshet.values.Value.ArrayValue;
import dev.freshet.values.Value.BooleanValue;
import dev.freshet.values.Value.Int64Value;
import dev.freshet.values.Value.ObjectValue;
import dev.freshet.values.Value.StringValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The rows of {@code _tables}, {@code _index} and {@code _schemas} as records and back (spec 40
 * §4.1, §5.3, §11.3). {@code persistenceTableId} and {@code persistenceIndexId} are the small
 * numbers the persistence knows; the rest has upstream's form.
 */
final class CatalogRows {
  private CatalogRows() {}

  static ObjectValue table(TableInfo table) {
    TreeMap<String, Value> row = new TreeMap<>();
    row.put("name", Value.of(table.name()));
    row.put("number", Value.of((long) table.number()));
    row.put("state", Value.of(table.state().name().toLowerCase(Locale.ROOT)));
    row.put("persistenceTableId", Value.of(table.storage()));
    if (!table.namespace().isRoot()) {
      row.put(
          "namespace",
          ObjectValue.of(
              Map.of(
                  "kind", Value.of("byComponent"),
                  "id", Value.of(table.namespace().componentId()))));
    }
    return ObjectValue.of(row);
  }

  static TableInfo table(InternalId id, ObjectValue row) {
    Namespace namespace =
        row.get("namespace") instanceof ObjectValue of
            ? new Namespace(string(of, "id"))
            : Namespace.ROOT;
    return new TableInfo(
        id,
        namespace,
        string(row, "name"),
        (int) integer(row, "number"),
        TableState.valueOf(string(row, "state").toUpperCase(Locale.ROOT)),
        integer(row, "persistenceTableId"));
  }

  static ObjectValue index(IndexInfo index) {
    TreeMap<String, Value> config = new TreeMap<>();
    config.put("type", Value.of("database"));
    config.put("fields", new ArrayValue(index.fields().stream().<Value>map(Value::of).toList()));
    config.put("onDiskState", onDiskState(index));
    config.put("persistenceIndexId", Value.of(index.storage()));
    return ObjectValue.of(
        Map.of(
            "table_id", Value.of(index.tablet().toString()),
            "descriptor", Value.of(index.descriptor()),
            "config", ObjectValue.of(config)));
  }

  private static ObjectValue onDiskState(IndexInfo index) {
    Value staged = Value.of(index.staged());
    return switch (index.state()) {
      case ENABLED -> ObjectValue.of(Map.of("type", Value.of("Enabled")));
      case BACKFILLED -> ObjectValue.of(Map.of("type", Value.of("Backfilled2"), "staged", staged));
      case BACKFILLING ->
          ObjectValue.of(
              Map.of(
                  "type", Value.of("Backfilling"),
                  "backfillState", ObjectValue.of(Map.of("staged", staged))));
    };
  }

  static IndexInfo index(InternalId id, ObjectValue row) {
    ObjectValue config = object(row, "config");
    ObjectValue onDisk = object(config, "onDiskState");
    List<String> fields = new ArrayList<>();
    for (Value field : ((ArrayValue) requireNonNull(config.get("fields"))).elements()) {
      fields.add(((StringValue) field).value());
    }
    String type = string(onDisk, "type");
    IndexState state =
        switch (type) {
          case "Enabled" -> IndexState.ENABLED;
          case "Backfilled2" -> IndexState.BACKFILLED;
          case "Backfilling" -> IndexState.BACKFILLING;
          default -> throw FreshetException.internal("unknown index state " + type, null);
        };
    ObjectValue holder = state == IndexState.BACKFILLING ? object(onDisk, "backfillState") : onDisk;
    return new IndexInfo(
        id,
        InternalId.parse(string(row, "table_id")),
        string(row, "descriptor"),
        List.copyOf(fields),
        state,
        BooleanValue.TRUE.equals(holder.get("staged")),
        integer(config, "persistenceIndexId"));
  }

  static ObjectValue schema(SchemaState state, SchemaDefinition schema) {
    return ObjectValue.of(Map.of("state", schemaState(state), "schema", Value.of(schema.toJson())));
  }

  private static ObjectValue schemaState(SchemaState state) {
    TreeMap<String, Value> fields = new TreeMap<>();
    switch (state) {
      case SchemaState.Pending _ -> fields.put("state", Value.of("pending"));
      case SchemaState.Validated _ -> fields.put("state", Value.of("validated"));
      case SchemaState.Active _ -> fields.put("state", Value.of("active"));
      case SchemaState.Overwritten _ -> fields.put("state", Value.of("overwritten"));
      case SchemaState.Failed(String error, String table) -> {
        fields.put("state", Value.of("failed"));
        fields.put("error", Value.of(error));
        if (table != null) {
          fields.put("table_name", Value.of(table));
        }
      }
    }
    return ObjectValue.of(fields);
  }

  static SchemaRow schema(DocumentId id, ObjectValue row) {
    return new SchemaRow(
        id, schemaState(object(row, "state")), SchemaDefinition.parse(string(row, "schema")));
  }

  static SchemaState schemaState(ObjectValue state) {
    String name = string(state, "state");
    return switch (name) {
      case "pending" -> new SchemaState.Pending();
      case "validated" -> new SchemaState.Validated();
      case "active" -> new SchemaState.Active();
      case "overwritten" -> new SchemaState.Overwritten();
      case "failed" ->
          new SchemaState.Failed(
              string(state, "error"),
              state.get("table_name") instanceof StringValue(String table) ? table : null);
      default -> throw FreshetException.internal("unknown schema state " + name, null);
    };
  }

  static String string(ObjectValue row, String field) {
    if (row.get(field) instanceof StringValue(String value)) {
      return value;
    }
    throw missing(field);
  }

  static long integer(ObjectValue row, String field) {
    if (row.get(field) instanceof Int64Value(long value)) {
      return value;
    }
    throw missing(field);
  }

  static ObjectValue object(ObjectValue row, String field) {
    if (row.get(field) instanceof ObjectValue value) {
      return value;
    }
    throw missing(field);
  }

  private static FreshetException missing(String field) {
    return FreshetException.internal("a system row lacks the field " + field, null);
  }

  /** The catalog after a change of one of the tables it is made of; a null row is deleted. */
  static Catalog apply(Catalog catalog, long table, DocumentId id, @Nullable ObjectValue row) {
    if (table == Bootstrap.TABLES) {
      return applyTable(catalog, id.internalId(), row);
    }
    return table == Bootstrap.INDEX
        ? applyIndex(catalog, id.internalId(), row)
        : applySchema(catalog, id, row);
  }

  static Catalog applyTable(Catalog catalog, InternalId id, @Nullable ObjectValue row) {
    return row == null ? catalog.withoutTable(id) : catalog.with(table(id, row));
  }

  static Catalog applyIndex(Catalog catalog, InternalId id, @Nullable ObjectValue row) {
    return row == null ? catalog.withoutIndex(id) : catalog.with(index(id, row));
  }

  static Catalog applySchema(Catalog catalog, DocumentId id, @Nullable ObjectValue row) {
    return row == null || !isLive(row)
        ? catalog.withoutSchema(id.internalId())
        : catalog.with(schema(id, row));
  }

  /** Whether the schema of a row matters to the catalog. */
  private static boolean isLive(ObjectValue schemaRow) {
    return switch (string(object(schemaRow, "state"), "state")) {
      case "failed", "overwritten" -> false;
      default -> true;
    };
  }
}
