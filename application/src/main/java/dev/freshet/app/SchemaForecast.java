package dev.freshet.app;

import dev.freshet.database.IndexDefinition;
import dev.freshet.database.IndexDiff;
import dev.freshet.database.Namespace;
import dev.freshet.database.SchemaDefinition;
import dev.freshet.database.SchemaStore;
import dev.freshet.database.TableDefinition;
import dev.freshet.database.Transaction;
import dev.freshet.values.Validator;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Tells what a schema would cost before it is pushed (spec 20 §10, {@code evaluate_schema}). */
final class SchemaForecast {
  private final Transaction transaction;
  private final SchemaStore schemas;

  SchemaForecast(Transaction transaction) {
    this.transaction = transaction;
    this.schemas = SchemaStore.in(transaction, Namespace.ROOT);
  }

  ObjectNode answer(@Nullable SchemaDefinition schema) {
    ObjectNode json = Json.object();
    ObjectNode root = json.putObject("componentSchemaEvaluations").putObject(PushJson.ROOT);
    root.put("definitionPath", "");
    root.put("schemaValidation", schema != null && schema.schemaValidation());
    root.set("tables", tables(schema));
    root.set("indexes", indexes(schema));
    root.putArray("discardedStagedValidators");
    json.putArray("newComponentDefinitions");
    return json;
  }

  private ArrayNode tables(@Nullable SchemaDefinition schema) {
    ArrayNode tables = Json.array();
    if (schema != null) {
      SchemaDefinition active = schemas.active();
      for (TableDefinition table : schema.tables()) {
        tables
            .addObject()
            .put("name", table.name())
            .put("outcome", outcome(schema, table, active))
            .put("numDocs", transaction.count(table.name()))
            .put("sizeBytes", 0L); // not known without a walk; only makes a warning appear
      }
    }
    return tables;
  }

  /** Whether existing documents have to be looked at. */
  private String outcome(
      SchemaDefinition schema, TableDefinition table, @Nullable SchemaDefinition active) {
    if (!schema.schemaValidation() || table.documentType() == null) {
      return "notValidated";
    }
    Validator wanted = table.documentType();
    if (wanted instanceof Validator.AnyValidator) {
      return "notValidated";
    }
    TableDefinition enforced = active == null ? null : active.table(table.name());
    if (active != null
        && active.schemaValidation()
        && enforced != null
        && enforced.documentType() != null
        && enforced.documentType().isSubsetOf(wanted)) {
      return "supersetOfEnforced";
    }
    return transaction.count(table.name()) == 0 ? "supersetOfShape" : "mustWalk";
  }

  private ArrayNode indexes(@Nullable SchemaDefinition schema) {
    IndexDiff diff = schemas.diffIndexes(schema);
    ArrayNode indexes = Json.array();
    add(indexes, diff.added(), "added");
    add(indexes, diff.removed(), "dropped");
    add(indexes, diff.enabled(), "enabled");
    add(indexes, diff.disabled(), "disabled");
    Set<String> changed = new HashSet<>();
    List.of(diff.added(), diff.enabled(), diff.disabled())
        .forEach(entries -> entries.forEach(entry -> changed.add(entry.name())));
    List<IndexDiff.Entry> identical = new ArrayList<>();
    if (schema != null) {
      for (TableDefinition table : schema.tables()) {
        for (IndexDefinition index : table.indexes()) {
          IndexDiff.Entry entry = new IndexDiff.Entry(table.name(), index);
          if (!changed.contains(entry.name())) {
            identical.add(entry);
          }
        }
      }
    }
    add(indexes, identical, "identical");
    return indexes;
  }

  private void add(ArrayNode indexes, List<IndexDiff.Entry> entries, String change) {
    for (IndexDiff.Entry entry : entries) {
      long documents = transaction.count(entry.table());
      indexes.add(
          PushJson.index(entry)
              .put("change", change)
              .put("needsBackfill", change.equals("added") && documents > 0)
              .put("numDocs", documents));
    }
  }
}
