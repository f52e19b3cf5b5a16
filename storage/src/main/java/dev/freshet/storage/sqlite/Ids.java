package dev.freshet.storage.sqlite;

import dev.freshet.values.InternalId;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** The binary form of ids in the file: big endian, so that bytes order as ids do. */
final class Ids {
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private Ids() {}

  static byte[] toBytes(InternalId id) {
    byte[] bytes = new byte[InternalId.LENGTH];
    LONGS.set(bytes, 0, id.high());
    LONGS.set(bytes, Long.BYTES, id.low());
    return bytes;
  }

  static InternalId fromBytes(byte[] bytes) {
    return new InternalId((long) LONGS.get(bytes, 0), (long) LONGS.get(bytes, Long.BYTES));
  }
}
