package dev.freshet.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.freshet.values.FreshetException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FunctionPathTest {
  @ParameterizedTest
  @CsvSource({
    "messages:list,messages.js:list,messages:list",
    "messages.js:list,messages.js:list,messages:list",
    "a/b_c/d.js:f,a/b_c/d.js:f,a/b_c/d:f",
    "messages,messages.js:default,messages",
    "messages:default,messages.js:default,messages",
    "_system/frontend/x,_system/frontend/x.js:default,_system/frontend/x",
  })
  void canonicalises(String text, String canonical, String stripped) {
    FunctionPath path = FunctionPath.parse(text);
    assertThat(path).hasToString(canonical);
    assertThat(path.stripped()).isEqualTo(stripped);
    assertThat(FunctionPath.parse(canonical)).isEqualTo(path);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ":f",
        "a:",
        "a:1",
        "a:b-c",
        "a//b:f",
        "/a:f",
        "a/../b:f",
        "a b:f",
        "a.ts:f",
        "é:f"
      })
  void refusesWhatIsNoPath(String text) {
    assertThatThrownBy(() -> FunctionPath.parse(text))
        .isInstanceOfSatisfying(
            FreshetException.class,
            e -> assertThat(e.code()).isEqualTo("BadConvexFunctionIdentifier"));
  }

  @Test
  void knowsTheServersOwnFunctions() {
    assertThat(FunctionPath.parse("_system/cli/tables").isSystem()).isTrue();
    assertThat(FunctionPath.parse("system:f").isSystem()).isFalse();
  }
}
