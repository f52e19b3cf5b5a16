package dev.freshet.values;

import dev.freshet.values.Value.Float64Value;
import dev.freshet.values.Value.ObjectValue;
import dev.freshet.values.Value.StringValue;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What makes an object a document (spec 40 §3.1): its system fields, size and nesting. */
public final class DocumentChecks {
  public static final String ID = "_id";
  public static final String CREATION_TIME = "_creationTime";

  private static final double MAX_CREATION_TIME = 0x1p53;

  private DocumentChecks() {}

  /**
   * The document for a value a caller inserts or replaces one with: the value with {@code _id} and
   * {@code _creationTime}, which the caller may give only as they are. Not checked otherwise.
   *
   * @param creationTime a float: milliseconds
   * @throws FreshetException {@code InvalidIdError}, {@code InvalidCreationTimeError}
   */
  public static ObjectValue complete(ObjectValue value, DocumentId id, Value creationTime) {
    Value idValue = id.toValue();
    Value givenId = value.get(ID);
    if (givenId != null && !givenId.equals(idValue)) {
      throw FreshetException.badRequest(
          "InvalidIdError",
          "Provided document ID " + id + " doesn't match '_id' field " + ValueText.print(givenId));
    }
    Value givenTime = value.get(CREATION_TIME);
    if (givenTime != null && !givenTime.equals(creationTime)) {
      throw FreshetException.badRequest(
          "InvalidCreationTimeError",
          "Provided creation time "
              + ValueText.print(creationTime)
              + " doesn't match '_creationTime' field in "
              + ValueText.print(value));
    }
    if (givenId != null && givenTime != null) {
      return value;
    }
    TreeMap<String, Value> fields = new TreeMap<>(value.fields());
    fields.put(ID, idValue);
    fields.put(CREATION_TIME, creationTime);
    return ObjectValue.of(fields);
  }

  /** The document without the fields that schemas don't speak of. */
  public static ObjectValue withoutSystemFields(ObjectValue document) {
    return document.without(ID).without(CREATION_TIME);
  }

  /**
   * Checks a document, {@code _id} and {@code _creationTime} included, and returns its size. The
   * documents of system tables may be as large and as nested as any value.
   *
   * @throws FreshetException {@code TooManyFieldsError}, {@code ValueTooLargeError}, {@code
   *     InvalidDocumentError}
   */
  public static long check(
      ObjectValue document, DocumentId id, boolean systemTable, Limits limits) {
    ValueChecks.fields(document.fields().size(), limits.getInt(Limit.MAX_OBJECT_FIELDS));
    long size = Sizes.of(document);
    ValueChecks.size(
        size, limits.get(systemTable ? Limit.MAX_VALUE_SIZE : Limit.MAX_DOCUMENT_SIZE));
    int maxNesting =
        limits.getInt(systemTable ? Limit.MAX_VALUE_NESTING : Limit.MAX_DOCUMENT_NESTING);
    List<String> violations = violations(document, id, maxNesting);
    if (!violations.isEmpty()) {
      throw FreshetException.badRequest(
          "InvalidDocumentError",
          "Document(value: "
              + ValueText.print(document)
              + ") isn't a valid document: "
              + String.join("\n ", violations));
    }
    return size;
  }

  private static List<String> violations(ObjectValue document, DocumentId id, int maxNesting) {
    List<String> violations = new ArrayList<>(0);
    for (String name : document.fields().keySet()) {
      if (Identifiers.isSystem(name) && !name.equals(ID) && !name.equals(CREATION_TIME)) {
        violations.add(
            "Field '"
                + name
                + "' starts with an underscore, which is only allowed for system fields like"
                + " '_id'");
      }
    }
    checkId(document.get(ID), id, violations);
    checkCreationTime(document.get(CREATION_TIME), violations);
    int nesting = Nesting.of(document);
    if (nesting > maxNesting) {
      violations.add(
          "Document is too nested (nested "
              + nesting
              + " levels deep > maximum nesting "
              + maxNesting
              + ")");
    }
    return violations;
  }

  private static void checkId(@Nullable Value value, DocumentId id, List<String> violations) {
    if (value == null) {
      violations.add("The '_id' field is missing");
      return;
    }
    DocumentId given =
        value instanceof StringValue(String text) ? DocumentId.tryDecode(text) : null;
    if (given == null) {
      violations.add("The '_id' field " + ValueText.print(value) + " must be an Id");
    } else if (given.tableNumber() != id.tableNumber()) {
      violations.add("The document belongs to a different table than its '_id' field");
    } else if (!given.equals(id)) {
      violations.add("The document has id " + id + ", but its '_id' field is " + given);
    }
  }

  private static void checkCreationTime(@Nullable Value value, List<String> violations) {
    switch (value) {
      case null -> violations.add("The '_creationTime' field is missing");
      case Float64Value(double time) -> {
        if (!(time > 0 && time < MAX_CREATION_TIME)) {
          violations.add(
              "The '_creationTime' field should be a timestamp in milliseconds, is "
                  + ValueText.print(time));
        }
      }
      default ->
          violations.add(
              "The '_creationTime' field should be a float, is " + ValueText.print(value));
    }
  }
}
