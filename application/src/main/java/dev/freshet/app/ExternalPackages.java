package dev.freshet.app;

import dev.freshet.app.PushRequest.NodeDependency;
import dev.freshet.values.Value;
import dev.freshet.values.Value.ArrayValue;
import dev.freshet.values.Value.BytesValue;
import dev.freshet.values.Value.Int64Value;
import dev.freshet.values.Value.ObjectValue;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The row of the table {@code _external_deps_packages} (spec 20 §15): npm packages as they were
 * installed for a push.
 *
 * @param storageKey the blob with the archive of {@code node_modules}; its SHA-256 in hexadecimal
 * @param dependencies exactly these were asked for
 * @param nodeVersion the major version of Node.js for which they were installed; null: the server's
 *     own
 */
record ExternalPackages(
    String storageKey,
    List<NodeDependency> dependencies,
    @Nullable String nodeVersion,
    long zippedSize,
    long unzippedSize) {

  /** Whether an installation of that list would be the same. */
  boolean answer(List<NodeDependency> wanted, @Nullable String node) {
    return dependencies.equals(wanted) && Objects.equals(nodeVersion, node);
  }

  ObjectValue toObject() {
    List<Value> deps = new ArrayList<>();
    for (NodeDependency dependency : dependencies) {
      deps.add(
          Fields.build()
              .put("package", dependency.name())
              .put("version", dependency.version())
              .object());
    }
    return Fields.build()
        .put("storageKey", storageKey)
        .put("sha256", new BytesValue(HexFormat.of().parseHex(storageKey)))
        .put("deps", new ArrayValue(deps))
        .put(
            "packageSize",
            Fields.build()
                .put("zippedSizeBytes", new Int64Value(zippedSize))
                .put("unzippedSizeBytes", new Int64Value(unzippedSize))
                .object())
        .putOptional("nodeVersion", nodeVersion)
        .object();
  }

  static ExternalPackages fromObject(ObjectValue document) {
    List<NodeDependency> dependencies = new ArrayList<>();
    if (document.get("deps") instanceof ArrayValue(List<Value> elements)) {
      for (Value element : elements) {
        if (element instanceof ObjectValue dependency) {
          dependencies.add(
              new NodeDependency(
                  Fields.text(dependency, "package"), Fields.text(dependency, "version")));
        }
      }
    }
    ObjectValue size = Fields.object(document, "packageSize");
    return new ExternalPackages(
        Fields.text(document, "storageKey"),
        List.copyOf(dependencies),
        Fields.optionalText(document, "nodeVersion"),
        Fields.int64(size, "zippedSizeBytes"),
        Fields.int64(size, "unzippedSizeBytes"));
  }
}
