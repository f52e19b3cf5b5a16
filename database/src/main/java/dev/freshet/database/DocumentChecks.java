package dev.freshet.database;

import static dev.freshet.values.FreshetException.badRequest;

import dev.freshet.values.DocumentId;
import dev.freshet.values.Limit;
import dev.freshet.values.Limits;
import dev.freshet.values.Nesting;
import dev.freshet.values.Sizes;
import dev.freshet.values.Value;
import dev.freshet.values.Value.Float64Value;
import dev.freshet.values.Value.ObjectValue;
import dev.freshet.values.ValueChecks;
import dev.freshet.values.ValueText;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What every document must satisfy, whatever the schema says (spec 40 §1.6, §3.1). */
final class DocumentChecks {
  private static final String ID = "_id";
  private static final String CREATION_TIME = "_creationTime";

  private DocumentChecks() {}

  /** Adds the system fields to a value; it may contain them if they are the right ones. */
  static ObjectValue withSystemFields(ObjectValue value, DocumentId id, Value creationTime) {
    Value idValue = id.toValue();
    Value existing = value.get(ID);
    if (existing != null && !existing.equals(idValue)) {
      throw badRequest(
          "InvalidIdError",
          "Provided document ID "
              + id.encode()
              + " doesn't match '_id' field "
              + ValueText.print(existing));
    }
    Value existingTime = value.get(CREATION_TIME);
    if (existingTime != null && !existingTime.equals(creationTime)) {
      throw badRequest(
          "InvalidCreationTimeError",
          "Provided creation time "
              + ValueText.print(creationTime)
              + " doesn't match '_creationTime' field in "
              + ValueText.print(value));
    }
    if (existing != null && existingTime != null) {
      return value;
    }
    TreeMap<String, Value> fields = new TreeMap<>(value.fields());
    fields.put(ID, idValue);
    fields.put(CREATION_TIME, creationTime);
    return ObjectValue.of(fields);
  }

  /** The document without the fields that schemas don't speak of. */
  static ObjectValue withoutSystemFields(ObjectValue document) {
    return document.without(ID).without(CREATION_TIME);
  }

  /** Checks a document and returns its size. */
  static long check(ObjectValue document, boolean systemTable, Limits limits) {
    ValueChecks.fields(document.fields().size(), limits.getInt(Limit.MAX_OBJECT_FIELDS));
    long size = Sizes.of(document);
    ValueChecks.size(
        size, limits.get(systemTable ? Limit.MAX_VALUE_SIZE : Limit.MAX_DOCUMENT_SIZE));
    List<String> violations = violations(document, systemTable, limits);
    if (!violations.isEmpty()) {
      throw badRequest(
          "InvalidDocumentError",
          "Document(value: "
              + ValueText.print(document)
              + ") isn't a valid document: "
              + String.join("\n ", violations));
    }
    return size;
  }

  private static List<String> violations(ObjectValue document, boolean systemTable, Limits limits) {
    List<String> violations = new ArrayList<>(0);
    for (String name : document.fields().keySet()) {
      if (name.startsWith("_") && !name.equals(ID) && !name.equals(CREATION_TIME)) {
        violations.add(
            "Field '"
                + name
                + "' starts with an underscore, which is only allowed for system fields like '_id'");
      }
    }
    creationTime(document.get(CREATION_TIME), violations);
    int nesting = Nesting.of(document);
    int maximum = limits.getInt(systemTable ? Limit.MAX_VALUE_NESTING : Limit.MAX_DOCUMENT_NESTING);
    if (nesting > maximum) {
      violations.add(
          "Document is too nested (nested "
              + nesting
              + " levels deep > maximum nesting "
              + maximum
              + ")");
    }
    return violations;
  }

  private static void creationTime(@Nullable Value value, List<String> violations) {
    if (!(value instanceof Float64Value(double time))) {
      violations.add("The '_creationTime' field should be a float, is " + ValueText.print(value));
    } else if (!(time > 0 && time < 1L << 53)) {
      violations.add(
          "The '_creationTime' field should be a timestamp in milliseconds, is "
              + ValueText.print(value));
    }
  }
}
