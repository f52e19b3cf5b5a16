package dev.freshet.functions;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Random;
import java.util.function.IntSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a process for actions makes of frames, however they are cut into pieces on their way. */
class ActionFramesTest {
  private static final int LIMIT = 1 << 24;
  private static final int LIMITS = 9;

  /** Parts of a frame, little-endian. */
  private static final class Message {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final DataOutputStream out = new DataOutputStream(bytes);

    static Message of(int type, int call) throws IOException {
      Message message = new Message();
      message.out.writeByte(type);
      return message.u32(call);
    }

    Message u32(int value) throws IOException {
      out.writeInt(Integer.reverseBytes(value));
      return this;
    }

    Message raw(int size) throws IOException {
      out.write(new byte[size]);
      return this;
    }

    Message text(String text) throws IOException {
      byte[] utf8 = text.getBytes(UTF_8);
      u32(utf8.length).out.write(utf8);
      return this;
    }

    byte[] frame() throws IOException {
      Message frame = new Message().u32(bytes.size());
      bytes.writeTo(frame.out);
      return frame.bytes.toByteArray();
    }
  }

  private RunnerFiles files;
  private Process process;
  private DataInputStream in;

  @BeforeEach
  void start() throws IOException {
    files = new RunnerFiles();
    process =
        new ProcessBuilder("node", files.file("actions.cjs").toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    in = new DataInputStream(process.getInputStream());
  }

  @AfterEach
  void stop() throws InterruptedException {
    process.destroyForcibly().waitFor();
    files.close();
  }

  private static byte[] hello() throws IOException {
    Message hello = Message.of(ActionProtocol.HELLO, 0);
    hello.out.writeShort(Short.reverseBytes((short) ActionProtocol.VERSION));
    for (int i = 0; i < LIMITS; i++) {
      hello.u32(LIMIT);
    }
    return hello.text("/nowhere").frame();
  }

  /** A call of a module that there isn't, which the process answers with the module's path. */
  private static byte[] startOf(int call, String path) throws IOException {
    Message start = Message.of(ActionProtocol.START, call).raw(1).text("set").text(path);
    return start.text("f").text("request").raw(32 + 8).u32(0).text("[]").frame();
  }

  private void send(byte[] bytes, IntSupplier piece) throws IOException {
    OutputStream out = process.getOutputStream();
    for (int at = 0; at < bytes.length; ) {
      int length = Math.min(piece.getAsInt(), bytes.length - at);
      out.write(bytes, at, length);
      out.flush();
      at += length;
    }
  }

  private String received(int type) throws IOException {
    for (; ; ) {
      byte[] frame = in.readNBytes(Integer.reverseBytes(in.readInt()));
      if (frame[0] == type) {
        return new String(frame, UTF_8);
      }
    }
  }

  @Test
  void aLargeFrameInManyPiecesArrivesWhole() throws Exception {
    String path = "élan".repeat(1 << 20) + ".js";
    Random random = new Random(11);
    send(hello(), () -> 1);
    received(ActionProtocol.READY);
    send(startOf(1, path), () -> 1 + random.nextInt(3000));
    assertThat(received(ActionProtocol.DONE).contains("'" + path + "'")).isTrue();
  }

  @Test
  void framesThatArriveTogetherAreToldApart() throws Exception {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    all.write(hello());
    for (int call = 1; call <= 200; call++) {
      all.write(startOf(call, "x".repeat(call * 10) + call + ".js"));
    }
    send(all.toByteArray(), () -> 60_001);
    for (int call = 1; call <= 200; call++) {
      assertThat(received(ActionProtocol.DONE))
          .contains("'" + "x".repeat(call * 10) + call + ".js");
    }
  }
}
