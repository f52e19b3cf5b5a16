package dev.freshet.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.freshet.values.FreshetException;
import org.junit.jupiter.api.Test;

class SyscallArgsTest {
  @Test
  void passesNestedValuesOnAsTheTextThatWasSent() {
    SyscallArgs args =
        SyscallArgs.parse(
            "db.insert",
            "{ \"table\" : \"a\\u0062\",\"value\": {\"x\":[1, {\"$u\":\"é\"}]} ,\"n\":12}");
    assertThat(args.string("table")).isEqualTo("ab");
    assertThat(args.json("value")).isEqualTo("{\"x\":[1, {\"$u\":\"é\"}]}");
    assertThat(args.count("n")).isEqualTo(12);
  }

  @Test
  void passesScalarsOnAsText() {
    SyscallArgs args =
        SyscallArgs.parse("db.insert", "{\"s\":\"a b\",\"t\":true,\"n\":null,\"f\":1.50}");
    assertThat(args.json("s")).isEqualTo("\"a b\"");
    assertThat(args.json("t")).isEqualTo("true");
    assertThat(args.json("n")).isEqualTo("null");
    assertThat(args.json("f")).isEqualTo("1.50");
    assertThat(args.flag("t")).isTrue();
    assertThat(args.has("n")).isFalse();
  }

  @Test
  void namesTheArgumentThatIsWrong() {
    SyscallArgs args = SyscallArgs.parse("db.get", "{\"id\":3}");
    assertThatThrownBy(() -> args.string("id"))
        .isInstanceOf(FreshetException.class)
        .hasMessageStartingWith("Invalid argument `id` for `db.get`: ");
    assertThatThrownBy(() -> args.string("name"))
        .hasMessage("Invalid arguments for `db.get`: Missing required argument 'name'");
  }

  @Test
  void refusesWhatIsNotJson() {
    assertThatThrownBy(() -> SyscallArgs.parse("db.get", "{\"id\":"))
        .isInstanceOfSatisfying(
            FreshetException.class, e -> assertThat(e.code()).isEqualTo("SyscallArgsInvalidJson"));
    assertThatThrownBy(() -> SyscallArgs.parse("db.get", "[]"))
        .hasMessageStartingWith("Invalid arguments for `db.get`: ");
  }
}
