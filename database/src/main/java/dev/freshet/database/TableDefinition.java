package dev.freshet.database;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A table of a schema.
 *
 * @param documentType the JSON of the validator of its documents; null: anything goes
 */
public record TableDefinition(
    String name, List<IndexDefinition> indexes, @Nullable String documentType) {}
