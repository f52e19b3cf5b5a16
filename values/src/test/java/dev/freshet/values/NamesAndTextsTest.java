package dev.freshet.values;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NamesAndTextsTest {
  @ParameterizedTest
  @CsvSource({
    "0, 0 B",
    "1023, 1023 B",
    "1024, 1 KiB",
    "1536, 1.5 KiB",
    "16777216, 16 MiB",
    "1100000, 1.05 MiB",
    "1073741824, 1 GiB"
  })
  void formatsByteSizes(long bytes, String text) {
    assertThat(ByteSizes.format(bytes)).isEqualTo(text);
  }

  @ParameterizedTest
  @CsvSource({
    "9a, Invalid first character '9' in 9a: Identifiers ",
    "'', Identifier cannot be empty",
    "a-b, Identifier a-b has invalid character '-': Identifiers ",
    "__, Identifier __ cannot have exclusively underscores"
  })
  void refusesIdentifiers(String name, String message) {
    assertThatThrownBy(() -> Identifiers.checkIdentifier(name)).hasMessageStartingWith(message);
    assertThat(Identifiers.isIdentifier(name)).isFalse();
  }

  @Test
  void limitsTheLengthOfNames() {
    assertThat(Identifiers.checkIdentifier("x".repeat(64))).hasSize(64);
    assertThatThrownBy(() -> Identifiers.checkIdentifier("x".repeat(65)))
        .hasMessage("Identifier is too long (65 > maximum 64)");
    Identifiers.checkFieldName("x".repeat(1024));
    assertThatThrownBy(() -> Identifiers.checkFieldName("x".repeat(1025)))
        .hasMessage("Field name is too long (1025 > maximum 1024)");
  }

  @Test
  void readsFieldPaths() {
    assertThat(FieldPath.parse("a.b.c").fields()).isEqualTo(List.of("a", "b", "c"));
    assertThat(FieldPath.parse(".a.").print()).isEqualTo("\"a\"");
    assertThatThrownBy(() -> FieldPath.parse("..")).hasMessage("Empty path ..");
    assertThatThrownBy(() -> FieldPath.parse("a..b")).hasMessage("Identifier cannot be empty");
    Value value = ValueJson.parse("{\"a\":{\"b\":[{\"c\":1}]}}");
    assertThat(FieldPath.parse("a.b").get(value)).isInstanceOf(Value.ArrayValue.class);
    assertThat(FieldPath.parse("a.b.c").get(value)).isNull();
    assertThat(FieldPath.parse("a.x").get(value)).isNull();
  }

  @Test
  void printsValuesForErrorMessages() {
    Value value =
        ValueJson.parse(
            "{\"b\":[null,true,1,1e16,1e-7,{\"$float\":\"AAAAAAAA8H8=\"},{\"$float\":\"AAAAAAAAAIA=\"}],"
                + "\"a\":\"q\\\"\\n\\u0001\",\"c\":{\"$bytes\":\"AQ==\"},\"d\":{\"$integer\":\"ewAAAAAAAAA=\"}}");
    assertThat(ValueText.print(value))
        .isEqualTo(
            "{a: \"q\\\"\\n\\u{1}\", b: [null, true, 1.0, 1e16, 1e-7, inf, -0.0], c: b\"AQ==\", d: 123}");
    assertThat(ValueText.typeName(value)).isEqualTo("Object");
    assertThat(ValueText.typeName(null)).isEqualTo("undefined");
  }
}
