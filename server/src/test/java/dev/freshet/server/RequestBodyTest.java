package dev.freshet.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.aayushatharva.brotli4j.Brotli4jLoader;
import com.aayushatharva.brotli4j.encoder.Encoder;
import dev.freshet.values.FreshetException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;

class RequestBodyTest {
  private static final byte[] PLAIN = "some text, ".repeat(1_000).getBytes(UTF_8);

  private interface Compression {
    OutputStream to(OutputStream out) throws IOException;
  }

  private static byte[] compress(Compression compression) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (OutputStream compressor = compression.to(out)) {
      compressor.write(PLAIN);
    }
    return out.toByteArray();
  }

  @Test
  void readsEveryEncodingThatClientsUse() throws IOException {
    Brotli4jLoader.ensureAvailability();
    assertThat(RequestBody.decompress(Encoder.compress(PLAIN), "br", 1 << 20)).isEqualTo(PLAIN);
    assertThat(RequestBody.decompress(compress(GZIPOutputStream::new), "GZIP", 1 << 20))
        .isEqualTo(PLAIN);
    assertThat(RequestBody.decompress(compress(DeflaterOutputStream::new), "deflate", 1 << 20))
        .isEqualTo(PLAIN);
    assertThat(
            RequestBody.decompress(
                compress(out -> new DeflaterOutputStream(out, new Deflater(5, true))),
                "deflate",
                1 << 20))
        .isEqualTo(PLAIN);
    assertThat(RequestBody.decompress(PLAIN, "identity", 1 << 20)).isEqualTo(PLAIN);
  }

  @Test
  void theLimitCountsAfterDecompression() throws IOException {
    byte[] small = compress(GZIPOutputStream::new);
    assertThat(RequestBody.decompress(small, "gzip", PLAIN.length)).isEqualTo(PLAIN);
    assertThatThrownBy(() -> RequestBody.decompress(small, "gzip", PLAIN.length - 1))
        .isInstanceOf(RequestBody.TooLargeException.class);
  }

  @Test
  void otherEncodingsAreRefusedByName() {
    assertThatThrownBy(() -> RequestBody.decompress(PLAIN, "zstd", 1 << 20))
        .isInstanceOf(FreshetException.class)
        .hasMessageContaining("zstd");
  }

  @Test
  void brokenBodiesAreErrorsOfInput() {
    for (String encoding : new String[] {"br", "gzip", "deflate"}) {
      assertThatThrownBy(() -> RequestBody.decompress(PLAIN, encoding, 1 << 20))
          .isInstanceOf(IOException.class);
    }
  }
}
