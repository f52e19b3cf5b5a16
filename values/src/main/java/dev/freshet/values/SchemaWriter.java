package dev.freshet.values;

import dev.freshet.values.DatabaseSchema.AnyIndex;
import dev.freshet.values.DatabaseSchema.Index;
import dev.freshet.values.DatabaseSchema.SearchIndex;
import dev.freshet.values.DatabaseSchema.Table;
import dev.freshet.values.DatabaseSchema.VectorIndex;
import java.util.Collection;

/** Writes schemas as JSON (spec 40 §11.1). */
final class SchemaWriter {
  private final JsonBuffer out = new JsonBuffer(1024);

  private SchemaWriter() {}

  static String write(DatabaseSchema schema) {
    SchemaWriter writer = new SchemaWriter();
    writer.schema(schema);
    return writer.out.toString();
  }

  private void schema(DatabaseSchema schema) {
    out.raw("{\"tables\":[");
    String separator = "";
    for (Table table : schema.tables().values()) {
      out.raw(separator);
      table(table);
      separator = ",";
    }
    out.raw("],\"schemaValidation\":").bool(schema.schemaValidation()).raw('}');
  }

  private void table(Table table) {
    out.raw('{').name("tableName").string(table.name());
    indexes("indexes", table.indexes().values(), false);
    indexes("stagedDbIndexes", table.indexes().values(), true);
    indexes("searchIndexes", table.searchIndexes().values(), false);
    indexes("stagedSearchIndexes", table.searchIndexes().values(), true);
    indexes("vectorIndexes", table.vectorIndexes().values(), false);
    indexes("stagedVectorIndexes", table.vectorIndexes().values(), true);
    out.raw(',').name("documentType");
    Validator documentType = table.documentType();
    if (documentType == null) {
      out.raw("null");
    } else {
      ValidatorJson.write(documentType, out);
    }
    Validator staged = table.stagedDocumentType();
    if (staged != null) {
      ValidatorJson.write(staged, out.raw(',').name("stagedDocumentType"));
    }
    out.raw('}');
  }

  private void indexes(String key, Collection<? extends AnyIndex> indexes, boolean staged) {
    out.raw(',').name(key).raw('[');
    String separator = "";
    for (AnyIndex index : indexes) {
      if (index.staged() == staged) {
        out.raw(separator).raw('{').name("indexDescriptor").string(index.name());
        index(index);
        out.raw('}');
        separator = ",";
      }
    }
    out.raw(']');
  }

  private void index(AnyIndex index) {
    switch (index) {
      case Index database -> paths("fields", database.fields());
      case SearchIndex search -> {
        out.raw(',').name("searchField").string(search.searchField().toString());
        paths("filterFields", search.filterFields());
      }
      case VectorIndex vector -> {
        out.raw(',').name("vectorField").string(vector.vectorField().toString());
        out.raw(',').name("dimensions").integer(vector.dimensions());
        paths("filterFields", vector.filterFields());
      }
    }
  }

  private void paths(String key, Collection<FieldPath> paths) {
    out.raw(',').name(key).raw('[');
    String separator = "";
    for (FieldPath path : paths) {
      out.raw(separator).string(path.toString());
      separator = ",";
    }
    out.raw(']');
  }
}
