package dev.freshet.database;

import dev.freshet.values.FreshetException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A schema (spec 40 §11.1): tables, their indexes and validators. Immutable. */
public final class SchemaDefinition {
  private SchemaDefinition() {}

  /**
   * Reads what a schema module exports, checks it, and appends {@code _creationTime} to the
   * indexes' fields.
   *
   * @throws FreshetException the errors of spec 40 §5.1 and §11.1, without the push's prefix
   */
  public static SchemaDefinition evaluate(String exportedJson) {
    throw notYet();
  }

  /** Reads what {@link #toJson} wrote. */
  public static SchemaDefinition parse(String json) {
    throw notYet();
  }

  /** The complete JSON: content of {@code _schemas} rows and of the push's answer. */
  public String toJson() {
    throw notYet();
  }

  public List<TableDefinition> tables() {
    throw notYet();
  }

  public @Nullable TableDefinition table(String name) {
    throw notYet();
  }

  /** Whether documents are checked at all. */
  public boolean schemaValidation() {
    throw notYet();
  }

  private static FreshetException notYet() {
    return FreshetException.notYetAvailable("The database");
  }
}
