package dev.freshet.app;

import dev.freshet.functions.AnalyzedModule;
import dev.freshet.values.JsonFormat;
import dev.freshet.values.Value;
import dev.freshet.values.Value.ObjectValue;
import dev.freshet.values.ValueJson;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;

/**
 * A row of the table {@code _modules} (spec 40 §4.3): a deployed module. It holds all that a call
 * of one of its functions depends on, so that a call reads one row, and so that the row changes
 * exactly when a push changes something the call could notice.
 *
 * @param sourcePackageId the push that last changed it
 * @param analysis null for shared chunks
 * @param analysisKey see {@link EvaluatedApp.EvaluatedModule}
 * @param closure the code that it may load, its own included; only its own for shared chunks
 */
record ModuleRow(
    StoredModule stored,
    String sourcePackageId,
    @Nullable AnalyzedModule analysis,
    String analysisKey,
    List<StoredModule> closure) {

  String path() {
    return stored.path();
  }

  /** Whether both deploy the same, whichever push they are of. */
  boolean sameCode(ModuleRow other) {
    return stored.equals(other.stored)
        && analysisKey.equals(other.analysisKey)
        && closure.equals(other.closure);
  }

  ObjectValue toObject() {
    Fields.Builder fields =
        Fields.build()
            .put("path", stored.path())
            .put("sourcePackageId", sourcePackageId)
            .put("environment", stored.environment().wireName())
            .put(
                "sha256",
                Base64.getEncoder().encodeToString(HexFormat.of().parseHex(stored.sha256())))
            .put("analysisKey", analysisKey)
            .put("code", Json.write(stored.toJson()));
    ArrayNode loaded = Json.array();
    closure.forEach(module -> loaded.add(module.toJson()));
    fields.put("closure", Json.write(loaded));
    if (analysis != null) {
      fields.put("analyzeResult", ValueJson.parseExported(analysisJson(analysis)));
    }
    return fields.object();
  }

  static ModuleRow fromObject(ObjectValue document) {
    Value analysis = document.fields().get("analyzeResult");
    return new ModuleRow(
        StoredModule.fromJson(Json.parseStored(Fields.text(document, "code"))),
        Fields.text(document, "sourcePackageId"),
        analysis == null ? null : AnalyzedModule.fromJson(analysisJson(analysis)),
        Fields.text(document, "analysisKey"),
        Json.parseStored(Fields.text(document, "closure"))
            .valueStream()
            .map(StoredModule::fromJson)
            .toList());
  }

  private static byte[] analysisJson(AnalyzedModule analysis) {
    return Json.writeBytes(analysis.toJson());
  }

  private static JsonNode analysisJson(Value stored) {
    return Json.parseStored(ValueJson.write(stored, JsonFormat.EXPORT));
  }
}
