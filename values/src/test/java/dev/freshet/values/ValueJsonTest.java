package dev.freshet.values;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ValueJsonTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "null|null|null|null",
        "1|1.0|1.0|1.0",
        "-1.5e3|-1500.0|-1500.0|-1500.0",
        "1e21|1e21|1e21|1e21",
        "1.5e-7|1.5e-7|1.5e-7|1.5e-7",
        "0.000015|0.000015|0.000015|0.000015",
        "1763693512345.1234|1763693512345.1233|1763693512345.1233|1763693512345.1233",
        "-0|{\"$float\":\"AAAAAAAAAIA=\"}|-0.0|-0.0",
        "{\"$float\":\"AAAAAAAA8H8=\"}|{\"$float\":\"AAAAAAAA8H8=\"}|\"Infinity\"|{\"$float\":\"AAAAAAAA8H8=\"}",
        "{\"$float\":\"AAAAAAAA8P8=\"}|{\"$float\":\"AAAAAAAA8P8=\"}|\"-Infinity\"|{\"$float\":\"AAAAAAAA8P8=\"}",
        "{\"$float\":\"AAAAAAAA+H8=\"}|{\"$float\":\"AAAAAAAA+H8=\"}|\"NaN\"|{\"$float\":\"AAAAAAAA+H8=\"}",
        "{\"$float\":\"AAAAAAAAAAA=\"}|0.0|0.0|0.0",
        "{\"$integer\":\"ewAAAAAAAAA=\"}|{\"$integer\":\"ewAAAAAAAAA=\"}|\"123\"|123",
        "{\"$bytes\":\"AQID\"}|{\"$bytes\":\"AQID\"}|\"AQID\"|{\"$bytes\":\"AQID\"}",
        "{\"b\": [true, false], \"a\": \"x\", \"\":"
            + " {}}|{\"\":{},\"a\":\"x\",\"b\":[true,false]}|{\"\":{},\"a\":\"x\",\"b\":[true,false]}|{\"\":{},\"a\":\"x\",\"b\":[true,false]}",
        "{\"a\":1,\"a\":2}|{\"a\":2.0}|{\"a\":2.0}|{\"a\":2.0}",
        "\"\\u00e9\\ud83d\\ude00\\n"
            + "\\u0001\\/\"|\"é😀\\n"
            + "\\u0001/\"|\"é😀\\n"
            + "\\u0001/\"|\"é😀\\n"
            + "\\u0001/\""
      })
  void readsAndWritesAllFormats(String json, String encoded, String clean, String export) {
    for (Value value :
        new Value[] {
          ValueJson.parse(json), ValueJson.parse(json.getBytes(StandardCharsets.UTF_8))
        }) {
      assertThat(ValueJson.write(value, JsonFormat.ENCODED)).isEqualTo(encoded);
      assertThat(ValueJson.write(value, JsonFormat.CLEAN)).isEqualTo(clean);
      assertThat(ValueJson.write(value, JsonFormat.EXPORT)).isEqualTo(export);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"$integer\":\"AQ==\"}|InvalidValue|Int64 must be exactly eight bytes",
        "{\"$float\":\"AQ==\"}|InvalidValue|Float64 must be exactly eight bytes",
        "{\"$float\":\"AAAAAAAA8D8=\"}|InvalidValue|Float64 1.0 should be encoded as a number",
        "{\"$bytes\":\"AQ\"}|InvalidValue|Invalid base64 string",
        "{\"$bytes\":1}|InvalidValue|The value of `$bytes` must be a base64 string",
        "{\"$bytes\":\"AQ==\",\"a\":1}|InvalidFieldName|Field name $bytes starts with '$', which is"
            + " reserved.",
        "{\"$set\":[]}|InvalidFieldName|Field name $set starts with '$', which is reserved.",
        "{\"$undefined\":null}|InvalidFieldName|Field name $undefined starts with '$', which is"
            + " reserved.",
        "{\"a\":1,\"$b\":1}|InvalidFieldName|Field name $b starts with '$', which is reserved.",
        "{\"é\":1}|InvalidFieldName|Field name é has invalid character 'é': Field names consist of"
            + " ASCII characters that are no control characters.",
        "{\"$commitTs\":null}|UnresolvedCommitTimestamp|An unresolved commit timestamp"
            + " (db.vars.commitTs) is allowed only in what a mutation writes and in what mutations"
            + " pass to each other.",
        "1e999|InvalidJson|Invalid JSON: number out of range",
        "''|InvalidJson|Invalid JSON: the text is empty",
        "1 2|InvalidJson|Invalid JSON: text after the value's end"
      })
  void refusesWithAClearText(String json, String code, String message) {
    assertThatThrownBy(() -> ValueJson.parse(json))
        .isInstanceOfSatisfying(
            FreshetException.class,
            e -> {
              assertThat(e.errorClass()).isEqualTo(ErrorClass.BAD_REQUEST);
              assertThat(e.code()).isEqualTo(code);
              assertThat(e.text()).isEqualTo(message);
            });
  }

  @Test
  void refusesLoneSurrogatesAndBrokenText() {
    for (String json :
        new String[] {"\"\\ud800\"", "\"a\\udc00\"", "\"\\ud800x\"", "{\"a\":\"\\udfff\"}"}) {
      assertThatThrownBy(() -> ValueJson.parse(json)).hasMessageContaining("lone surrogate");
      assertThatThrownBy(() -> ValueJson.parse(json.getBytes(StandardCharsets.UTF_8)))
          .hasMessageContaining("lone surrogate");
    }
    for (String json : new String[] {"{", "[1,]", "NaN", "\"a", "{a:1}", "01", "'a'", "[1}"}) {
      assertThatThrownBy(() -> ValueJson.parse(json)).hasMessageStartingWith("Invalid JSON: ");
    }
    assertThatThrownBy(() -> ValueJson.parse(new byte[] {'"', (byte) 0xff, '"'}))
        .hasMessageStartingWith("Invalid JSON: ");
  }

  @Test
  void holdsValuesToTheLimits() {
    assertThatThrownBy(() -> ValueJson.parse("[".repeat(65) + "]".repeat(65)))
        .hasMessage("Value is too nested (nested 65 levels deep > maximum nesting 64)");
    ValueJson.parse("[".repeat(64) + "{\"$bytes\":\"\"}" + "]".repeat(64));
    assertThatThrownBy(() -> ValueJson.parse("[0" + ",0".repeat(8192) + "]"))
        .hasMessage("Array length is too long (8193 > maximum length 8192)");
    StringBuilder object = new StringBuilder("{\"a\":0");
    for (int i = 0; i < 1024; i++) {
      object.append(",\"f").append(i).append("\":0");
    }
    assertThatThrownBy(() -> ValueJson.parse(object.append('}').toString()))
        .hasMessage("Object has too many fields (1025 > maximum number 1024)");
    assertThatThrownBy(() -> ValueJson.parse('"' + "x".repeat((32 << 20) - 1) + '"'))
        .hasMessageStartingWith("Value is too large (32 MiB > maximum size 32 MiB)");
  }

  @Test
  void readsUndefinedWhereItIsAllowed() {
    assertThat(ValueJson.parseOrUndefined("{\"$undefined\":null}")).isNull();
    assertThat(ValueJson.parseOrUndefined("{\"a\":1}"))
        .isEqualTo(Value.ObjectValue.of(Map.of("a", Value.of(1.0))));
    Map<String, @Nullable Value> patch =
        ValueJson.parsePatch("{\"b\":{\"$undefined\":null},\"a\":{\"$integer\":\"AQAAAAAAAAA=\"}}");
    assertThat(patch).containsEntry("b", null).containsEntry("a", Value.of(1L)).hasSize(2);
    assertThatThrownBy(() -> ValueJson.parsePatch("{\"a\":{\"b\":{\"$undefined\":null}}}"))
        .hasMessageContaining("$undefined");
    assertThatThrownBy(() -> ValueJson.parsePatch("[]")).hasMessage("Value must be an Object");
  }

  @Test
  void readsTheExportFormat() {
    Value value = ValueJson.parseExported("[1,1.0]".getBytes(StandardCharsets.UTF_8));
    assertThat(value).isEqualTo(Value.ArrayValue.of(Value.of(1L), Value.of(1.0)));
  }

  @Test
  void tellsTheSizeOfValuesBeyondTheLimit() {
    String json = "[\"" + "x".repeat(40 << 20) + "\",1,{\"a\":null}]";
    assertThat(ValueJson.size(json.getBytes(UTF_8))).isEqualTo(2 + (40 << 20) + 2 + 9 + 2 + 2 + 1);
    assertThatThrownBy(() -> ValueJson.parse(json))
        .hasMessage("Value is too large (40 MiB > maximum size 32 MiB)");
  }
}
