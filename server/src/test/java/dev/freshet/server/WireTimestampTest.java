package dev.freshet.server;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class WireTimestampTest {
  @Test
  void isEightLittleEndianBytesInBase64() {
    assertThat(WireTimestamp.encode(0)).isEqualTo("AAAAAAAAAAA=");
    assertThat(WireTimestamp.encode(1000)).isEqualTo("6AMAAAAAAAA=");
    assertThat(WireTimestamp.decode("6AMAAAAAAAA=")).isEqualTo(1000);
  }
}
