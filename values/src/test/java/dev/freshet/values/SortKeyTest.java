package dev.freshet.values;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SortKeyTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "null|03",
        "{\"$integer\":\"AAAAAAAAAAA=\"}|08",
        "{\"$integer\":\"AQAAAAAAAAA=\"}|0901",
        "{\"$integer\":\"//////////8=\"}|07ff",
        "0|0d8000000000000000",
        "-0|0d7fffffffffffffff",
        "1|0dbff0000000000000",
        "-1|0d400fffffffffffff",
        "false|0e",
        "true|0f",
        "\"\"|1000",
        "\"a\"|106100",
        "\"a\\u0000b\"|106100ff6200",
        "{\"$bytes\":\"AQ==\"}|110100",
        "[]|1200",
        "[{\"$integer\":\"AQAAAAAAAAA=\"}]|12090100",
        "{}|1500",
        "{\"a\":null}|1561000300",
        "{\"\":null}|1500ff0300"
      })
  void encodesTheVectors(String json, String hex) {
    assertThat(hex(SortKey.of(ValueJson.parse(json)))).isEqualTo(hex);
  }

  @ParameterizedTest
  @CsvSource({
    "127,097f",
    "128,0a0080",
    "-128,0780",
    "-129,06ff7f",
    "32768,0b00008000",
    "2147483648,0c0000000080000000"
  })
  void encodesIntegersByWidth(long number, String hex) {
    assertThat(hex(SortKey.of(Value.of(number)))).isEqualTo(hex);
  }

  @Test
  void encodesSpecialFloatsAndUndefined() {
    assertThat(hex(SortKey.of(null))).isEqualTo("01");
    assertThat(hex(SortKey.of(Value.of(Double.POSITIVE_INFINITY)))).isEqualTo("0dfff0000000000000");
    assertThat(hex(SortKey.of(Value.of(Double.NEGATIVE_INFINITY)))).isEqualTo("0d000fffffffffffff");
    assertThat(hex(SortKey.of(Value.of(Double.NaN)))).isEqualTo("0dfff8000000000000");
  }

  @Test
  void anIdIsEncodedLikeItsString() {
    DocumentId id = new DocumentId(10001, new InternalId(0x0123456789abcdefL, -5));
    assertThat(SortKey.builder().documentId(id).toBytes()).isEqualTo(SortKey.of(id.toValue()));
  }

  @Test
  void incrementGivesTheEndOfAPrefix() {
    assertThat(SortKey.increment(new byte[] {1, 2})).containsExactly(1, 3);
    assertThat(SortKey.increment(new byte[] {1, -1, -1})).containsExactly(2);
    assertThat(SortKey.increment(new byte[] {-1})).isNull();
    assertThat(SortKey.increment(new byte[0])).isNull();
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }
}
