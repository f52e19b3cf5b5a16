package dev.freshet.values;

import java.util.List;
import java.util.SortedMap;

/** What values look like that were seen in one place (spec 40 §12.2). */
public sealed interface Shape {
  /** Not known (yet), or too manifold to be told. */
  record Unknown() implements Shape {}

  /** There are no values. */
  record Never() implements Shape {}

  record Null() implements Shape {}

  record Int64() implements Shape {}

  /**
   * @param hasSpecialValues whether there is an infinity, a NaN or a negative zero
   */
  record Float64(boolean hasSpecialValues) implements Shape {}

  record Bool() implements Shape {}

  record Text() implements Shape {}

  record Bytes() implements Shape {}

  record Id(String tableName) implements Shape {}

  record Array(Shape element) implements Shape {}

  /** Objects of a few fields. */
  record Fields(SortedMap<String, Field> fields) implements Shape {}

  /** A field of an object. */
  record Field(Shape shape, boolean optional) {}

  /** Objects of many or of odd field names. */
  record Mapping(Shape key, Shape value) implements Shape {}

  /** Several of these, none of them a union. */
  record Union(List<Shape> shapes) implements Shape {}
}
