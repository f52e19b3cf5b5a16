package dev.freshet.app;

import dev.freshet.values.Shape;
import java.util.Map;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Shapes as {@code /api/shapes2} gives them (spec 40 §12.2). */
final class TableShapesJson {
  private TableShapesJson() {}

  /** The shapes of tables by their names. */
  static ObjectNode of(Map<String, Shape> shapes) {
    ObjectNode json = Json.object();
    shapes.forEach((table, shape) -> json.set(table, of(shape)));
    return json;
  }

  private static ObjectNode of(Shape shape) {
    return switch (shape) {
      case Shape.Unknown _ -> type("Unknown");
      case Shape.Never _ -> type("Never");
      case Shape.Null _ -> type("Null");
      case Shape.Int64 _ -> type("Int64");
      case Shape.Bool _ -> type("Boolean");
      case Shape.Text _ -> type("String");
      case Shape.Bytes _ -> type("Bytes");
      case Shape.Float64(boolean special) -> {
        ObjectNode json = type("Float64");
        json.putObject("float64Range").put("hasSpecialValues", special);
        yield json;
      }
      case Shape.Id(String table) -> type("Id").put("tableName", table);
      case Shape.Array(Shape element) -> {
        ObjectNode json = type("Array");
        json.set("shape", of(element));
        yield json;
      }
      case Shape.Fields(var fields) -> {
        ObjectNode json = type("Object");
        ArrayNode list = json.putArray("fields");
        fields.forEach(
            (name, field) ->
                list.addObject()
                    .put("fieldName", name)
                    .put("optional", field.optional())
                    .set("shape", of(field.shape())));
        yield json;
      }
      case Shape.Mapping(Shape key, Shape value) -> {
        ObjectNode json = type("Record");
        json.set("keyShape", of(key));
        json.putObject("valueShape").put("optional", false).set("shape", of(value));
        yield json;
      }
      case Shape.Union(var shapes) -> {
        ObjectNode json = type("Union");
        ArrayNode list = json.putArray("shapes");
        shapes.forEach(member -> list.add(of(member)));
        yield json;
      }
    };
  }

  private static ObjectNode type(String type) {
    return Json.object().put("type", type);
  }
}
