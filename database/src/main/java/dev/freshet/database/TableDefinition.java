package dev.freshet.database;

import dev.freshet.values.Validator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A table of a schema.
 *
 * @param indexes the database indexes, staged ones included
 * @param documentType what documents without their system fields must match; null: anything goes
 */
public record TableDefinition(
    String name, List<IndexDefinition> indexes, @Nullable Validator documentType) {}
