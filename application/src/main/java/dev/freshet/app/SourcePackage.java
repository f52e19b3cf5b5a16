package dev.freshet.app;

import dev.freshet.values.Value;
import dev.freshet.values.Value.Int64Value;
import dev.freshet.values.Value.ObjectValue;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * The row of the table {@code _source_packages}: which push is deployed.
 *
 * @param manifest the blob with the push's {@link PushManifest}; its SHA-256 in hexadecimal
 * @param functionsDirectory from convex.json, e.g. {@code convex/}
 * @param unzippedSize bytes of all modules with their source maps
 * @param nodeVersion for {@code "use node"} modules; null if the app doesn't ask for one
 */
record SourcePackage(
    String manifest, String functionsDirectory, long unzippedSize, @Nullable String nodeVersion) {
  ObjectValue toObject() {
    return Fields.build()
        .put("storageKey", manifest)
        .put("functions", functionsDirectory)
        .put("sha256", new Value.BytesValue(HexFormat.of().parseHex(manifest)))
        .put(
            "packageSize",
            Fields.build()
                // Modules are kept one by one and uncompressed.
                .put("zippedSizeBytes", new Int64Value(unzippedSize))
                .put("unzippedSizeBytes", new Int64Value(unzippedSize))
                .object())
        .putOptional("nodeVersion", nodeVersion)
        .object();
  }

  static SourcePackage fromObject(ObjectValue document) {
    return new SourcePackage(
        Fields.text(document, "storageKey"),
        Fields.text(document, "functions"),
        Fields.int64(Fields.object(document, "packageSize"), "unzippedSizeBytes"),
        Fields.optionalText(document, "nodeVersion"));
  }
}
