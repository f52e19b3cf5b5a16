package dev.freshet.database;

import java.util.List;

/**
 * A database index of a schema.
 *
 * @param descriptor the name inside the table
 * @param fields the field paths, with the {@code _creationTime} that the server appends
 * @param staged whether it is only to be built, not yet to be used (spec 40 §5.2)
 */
public record IndexDefinition(String descriptor, List<String> fields, boolean staged) {}
