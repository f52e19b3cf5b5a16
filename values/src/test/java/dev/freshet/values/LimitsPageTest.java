package dev.freshet.values;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class LimitsPageTest {
  @Test
  void thePageInTheRepositoryIsUpToDate() throws IOException {
    assertThat(Files.readString(Path.of("..", "docs", "limits.md")))
        .as("docs/limits.md: run `./freshet limits > docs/limits.md`")
        .isEqualTo(LimitsPage.markdown());
  }

  @ParameterizedTest
  @EnumSource
  void eachLimitIsAdjustedByItsVariable(Limit limit) {
    assertThat(Limits.defaults().get(limit)).isEqualTo(limit.defaultValue());
    assertThat(Limits.fromEnvironment(Map.of(limit.name(), " 17 ")).get(limit)).isEqualTo(17);
    assertThat(limit.meaning()).isNotBlank();
    assertThat(limit.consequence()).isNotBlank();
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "-1", "many", "1.5", "9223372036854775808", "16MiB"})
  void whatIsNoPositiveWholeNumberIsRefused(String value) {
    assertThatThrownBy(() -> Limits.fromEnvironment(Map.of("MAX_PAGE_SIZE", value)))
        .isInstanceOfSatisfying(
            FreshetException.class, e -> assertThat(e.code()).isEqualTo("InvalidConfig"))
        .hasMessageContaining("MAX_PAGE_SIZE must be a positive whole number");
  }
}
