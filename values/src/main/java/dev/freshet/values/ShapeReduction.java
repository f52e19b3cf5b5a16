package dev.freshet.values;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Makes the shape that is shown of what was counted (spec 40 §12.2). */
final class ShapeReduction {
  private static final int MAX_UNION = 16;

  private final TableNames tables;

  private ShapeReduction(TableNames tables) {
    this.tables = tables;
  }

  static Shape of(ShapeNode node, TableNames tables) {
    return new ShapeReduction(tables).reduce(node);
  }

  private Shape reduce(ShapeNode node) {
    Set<Shape> shapes = new LinkedHashSet<>();
    addScalars(node, shapes);
    if (node.arrays > 0) {
      shapes.add(new Shape.Array(reduce(node.elements())));
    }
    if (node.objects > 0 || node.records > 0) {
      shapes.add(
          node.records > 0 || node.fields.size() > ShapeNode.MAX_FIELDS
              ? record(node)
              : object(node));
    }
    return switch (shapes.size()) {
      case 0 -> new Shape.Never();
      case 1 -> shapes.iterator().next();
      default ->
          shapes.size() > MAX_UNION ? new Shape.Unknown() : new Shape.Union(List.copyOf(shapes));
    };
  }

  private void addScalars(ShapeNode node, Set<Shape> shapes) {
    if (node.nulls > 0) {
      shapes.add(new Shape.Null());
    }
    if (node.int64s > 0) {
      shapes.add(new Shape.Int64());
    }
    if (node.normalFloats > 0 || node.specialFloats > 0) {
      shapes.add(new Shape.Float64(node.specialFloats > 0));
    }
    if (node.booleans > 0) {
      shapes.add(new Shape.Bool());
    }
    boolean text = node.strings > 0;
    List<Shape> ids = new ArrayList<>();
    for (int number : node.ids.keySet()) {
      String name = tables.nameOf(number);
      text |= name == null;
      if (name != null) {
        ids.add(new Shape.Id(name));
      }
    }
    if (text) {
      shapes.add(new Shape.Text());
    }
    shapes.addAll(ids);
    if (node.bytes > 0) {
      shapes.add(new Shape.Bytes());
    }
  }

  private Shape object(ShapeNode node) {
    TreeMap<String, Shape.Field> fields = new TreeMap<>();
    for (Map.Entry<String, ShapeNode> field : node.fields.entrySet()) {
      ShapeNode value = field.getValue();
      fields.put(field.getKey(), new Shape.Field(reduce(value), value.total < node.objects));
    }
    return new Shape.Fields(fields);
  }

  private Shape record(ShapeNode node) {
    ShapeCounts scratch = new ShapeCounts();
    ShapeNode keys = scratch.node();
    ShapeNode values = scratch.node();
    keys.addAll(node.keys());
    values.addAll(node.values());
    node.fields.forEach(
        (name, field) -> {
          keys.add(Value.of(name), field.total);
          values.addAll(field);
        });
    return new Shape.Mapping(reduce(keys), reduce(values));
  }
}
