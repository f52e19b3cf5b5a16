package dev.freshet.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MemoryPlanTest {
  private static final long GIB = 1L << 30;

  @ParameterizedTest
  @CsvSource({"2G,2147483648", "1.5 GiB,1610612736", "800m,838860800", "1073741824,1073741824"})
  void readsSizes(String text, long bytes) {
    assertThat(MemoryPlan.parse(text)).isEqualTo(bytes);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "much", "-1G", "2X", "1e9"})
  void refusesWhatIsNoSize(String text) {
    assertThatThrownBy(() -> MemoryPlan.parse(text)).hasMessageContaining("like 800M or 2G");
  }

  @Test
  void saysTheLeastSize() {
    assertThatThrownBy(() -> MemoryPlan.of(500L << 20, GIB))
        .hasMessage(
            "--memory (FRESHET_MEMORY) must be at least 768M: the server and one runner don't fit"
                + " into 500M.");
  }

  @Test
  void isOneLine() {
    assertThat(MemoryPlan.of(4 * GIB, 16 * GIB / 10))
        .hasToString("memory 4.0 GiB: heap 1.6, runners 1.8, native 0.6");
  }

  @Test
  void warnsOfAHeapThatIsNotAsPlanned() {
    assertThat(MemoryPlan.of(4 * GIB, 16 * GIB / 10).warning(true)).isNull();
    assertThat(MemoryPlan.of(4 * GIB, 3 * GIB).warning(true)).contains("-Xmx1638m");
  }
}
