package dev.freshet.values;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.freshet.values.Value.ObjectValue;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DocumentChecksTest {
  private static final DocumentId ID = new DocumentId(10_001, new InternalId(1, 2));
  private static final DocumentId OTHER = new DocumentId(10_001, new InternalId(1, 3));
  private static final DocumentId FOREIGN = new DocumentId(10_002, new InternalId(1, 2));
  private static final ObjectValue DOCUMENT =
      DocumentChecks.complete(ObjectValue.of(Map.of("a", Value.of("x"))), ID, Value.of(5.0));

  @Test
  void addsTheSystemFields() {
    assertThat(DOCUMENT.get("_id")).isEqualTo(ID.toValue());
    assertThat(DOCUMENT.get("_creationTime")).isEqualTo(Value.of(5.0));
    assertThat(DocumentChecks.complete(DOCUMENT, ID, Value.of(5.0))).isEqualTo(DOCUMENT);
    DocumentChecks.check(DOCUMENT, ID, false, Limits.defaults());
  }

  @Test
  void refusesOtherSystemFieldsThanTheRealOnes() {
    assertThatThrownBy(() -> DocumentChecks.complete(DOCUMENT, OTHER, Value.of(5.0)))
        .hasMessage("Provided document ID " + OTHER + " doesn't match '_id' field \"" + ID + "\"");
    assertThatThrownBy(() -> DocumentChecks.complete(DOCUMENT, ID, Value.of(6.0)))
        .hasMessageStartingWith(
            "Provided creation time 6.0 doesn't match '_creationTime' field in {_creationTime:"
                + " 5.0");
  }

  @Test
  void tellsEveryViolation() {
    Value deep = ValueJson.parse("[".repeat(16) + "]".repeat(16));
    assertThatThrownBy(
            () ->
                DocumentChecks.check(
                    ObjectValue.of(Map.of("_x", Value.of(1L), "d", deep)),
                    ID,
                    false,
                    Limits.defaults()))
        .hasMessage(
            "Document(value: {_x: 1, d: "
                + "[".repeat(16)
                + "]".repeat(16)
                + "}) isn't a valid document: Field '_x' starts with an underscore, which is only"
                + " allowed for system fields like '_id'\n The '_id' field is missing\n The"
                + " '_creationTime' field is missing\n Document is too nested (nested 17 levels"
                + " deep > maximum nesting 16)");
    refuses(DOCUMENT.with("_id", Value.of(1L)), "The '_id' field 1 must be an Id");
    refuses(
        DOCUMENT.with("_id", OTHER.toValue()),
        "The document has id " + ID + ", but its '_id' field is " + OTHER);
    refuses(
        DOCUMENT.with("_id", FOREIGN.toValue()),
        "The document belongs to a different table than its '_id' field");
    refuses(
        DOCUMENT.with("_creationTime", Value.of(0.0)),
        "The '_creationTime' field should be a timestamp in milliseconds, is 0.0");
    refuses(
        DOCUMENT.with("_creationTime", Value.of(Double.NaN)),
        "should be a timestamp in milliseconds, is NaN");
    refuses(
        DOCUMENT.with("_creationTime", Value.of(7L)),
        "The '_creationTime' field should be a float, is 7");
  }

  @Test
  void refusesDocumentsAboveTheSize() {
    assertThatThrownBy(
            () ->
                DocumentChecks.check(
                    DOCUMENT.with("big", Value.of("x".repeat(1_100_000))),
                    ID,
                    false,
                    Limits.defaults()))
        .hasMessage("Value is too large (1.05 MiB > maximum size 1 MiB)");
  }

  @Test
  void letsSystemTablesHaveAnyValue() {
    ObjectValue document =
        DOCUMENT
            .with("big", Value.of("x".repeat(1_100_000)))
            .with("d", ValueJson.parse("[".repeat(20) + "]".repeat(20)));
    assertThat(DocumentChecks.check(document, ID, true, Limits.defaults()))
        .isEqualTo(Sizes.of(document));
  }

  private static void refuses(ObjectValue document, String violation) {
    assertThatThrownBy(() -> DocumentChecks.check(document, ID, false, Limits.defaults()))
        .hasMessageEndingWith(violation)
        .isInstanceOfSatisfying(
            FreshetException.class, e -> assertThat(e.code()).isEqualTo("InvalidDocumentError"));
  }
}
