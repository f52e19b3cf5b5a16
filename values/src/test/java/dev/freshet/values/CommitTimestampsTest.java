package dev.freshet.values;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.values.Value.ArrayValue;
import dev.freshet.values.Value.CommitTsValue;
import java.util.Map;
import org.junit.jupiter.api.Test;

class CommitTimestampsTest {
  private static String resolve(String json) {
    return new String(CommitTimestamps.resolve(json.getBytes(UTF_8), 1), UTF_8);
  }

  @Test
  void replacesEveryToken() {
    String one = ValueJson.write(Value.of(1L), JsonFormat.ENCODED);
    String token = "{\"$commitTs\":null}";
    assertThat(resolve(token)).isEqualTo(one);
    assertThat(resolve("[" + token + "," + token + "]")).isEqualTo("[" + one + "," + one + "]");
    assertThat(resolve("{\"a\":" + token + ",\"b\":[1.0]}"))
        .isEqualTo("{\"a\":" + one + ",\"b\":[1.0]}");
  }

  @Test
  void leavesTextAloneThatLooksLikeIt() {
    Value text = Value.of("{\"$commitTs\":null}");
    String json = ValueJson.write(ArrayValue.of(text), JsonFormat.ENCODED);
    assertThat(resolve(json)).isEqualTo(json);
    assertThat(resolve("$")).isEqualTo("$");
  }

  @Test
  void aTokenIsReadWrittenMeasuredAndOrderedLikeAnInt64() {
    Value pending = ValueJson.parsePending("[{\"$commitTs\":null}]".getBytes(UTF_8));
    assertThat(pending).isEqualTo(ArrayValue.of(CommitTsValue.PENDING));
    byte[] json = ValueJson.writeBytes(pending, JsonFormat.ENCODED);
    assertThat(ValueJson.parsePending(json)).isEqualTo(pending);
    assertThat(Sizes.of(pending)).isEqualTo(Sizes.ofJson(json, 0, json.length)).isEqualTo(11);
    Value token = CommitTsValue.PENDING;
    assertThat(token.compareTo(Value.of(Long.MAX_VALUE))).isZero();
    assertThat(token).isGreaterThan(Value.of(1L)).isLessThan(Value.of(0.0));
    assertThat(SortKey.of(CommitTsValue.PENDING)).isEqualTo(SortKey.of(Value.of(Long.MAX_VALUE)));
    assertThat(new Validator.CommitTsValidator().check(CommitTsValue.PENDING, _ -> null)).isNull();
    assertThat(DocumentFields.read(document(), java.util.List.of(FieldPath.parse("at"))))
        .containsExactly(CommitTsValue.PENDING);
  }

  private static byte[] document() {
    return ValueJson.writeBytes(
        Value.ObjectValue.of(Map.of("at", CommitTsValue.PENDING)), JsonFormat.ENCODED);
  }
}
