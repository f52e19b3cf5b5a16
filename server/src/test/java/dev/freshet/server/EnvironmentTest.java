package dev.freshet.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;

class EnvironmentTest {
  @Test
  void aMisspeltVariableNamesTheNearestOne() {
    assertThatThrownBy(() -> new Environment(Map.of("FRESHET_LOG_LEVLE", "DEBUG")))
        .hasMessageContaining("FRESHET_LOG_LEVLE")
        .hasMessageContaining("FRESHET_LOG_LEVEL?");
    assertThatThrownBy(() -> new Environment(Map.of("FRESHET_MAX_PUSH_BYTE", "1")))
        .hasMessageContaining(" MAX_PUSH_BYTES?");
  }

  @Test
  void aVariableWhoseFeatureIsMissingIsRefusedUnlessEmpty() {
    assertThatThrownBy(() -> new Environment(Map.of("POSTGRES_URL", "postgres://x")))
        .hasMessageContaining("not available yet");
    assertThatThrownBy(() -> new Environment(Map.of("S3_STORAGE_FILES_BUCKET", "b")))
        .hasMessageContaining("not available yet");
    assertThat(new Environment(Map.of("POSTGRES_URL", "")).get("POSTGRES_URL")).isNull();
  }

  @Test
  void aVariableWithoutEffectIsOneWarning() {
    assertThat(new Environment(Map.of("RUST_LOG", "info", "HOME", "/")).warnings())
        .containsExactly("The environment variable RUST_LOG has no effect here.");
  }
}
