package dev.freshet.values;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DocumentIdTest {
  @ParameterizedTest
  @CsvSource({
    "1, 00000000000000000000000000000000, 0400000000000000000000000000248",
    "513, 0102030405060708090a0b0c0d0e0f10, g42020g30g2gc1r81450p30d1r7h03c6",
    "539, 00000000000000000000000000000000, kc2000000000000000000000000017sa",
    "540, 000102030405060708090a0b0c0d0e0f, kg2000820c20a1g7104gm2rc1m70y674",
    "10001, 00000000000000000000000000000000, j5700000000000000000000000001qv0",
    "10001, 000102030405060708090a0b0c0d0e0f, j57000820c20a1g7104gm2rc1m70ynr8",
    "10001, ffffffffffffffffffffffffffffffff, j57fzzzzzzzzzzzzzzzzzzzzzzzzzkyr",
    "16384, 00000000000000000000000000000000, g2002000000000000000000000000001j4",
    "4294967295, abababababababababababababababab, zzzzzzrfnentqaxbnentqaxbnentqaxbnexrj",
    "10017, 032241607f9ebddcfb1a39587796b5d4, m57068j1c1zsxfewzcd3jp3qjttx99vg",
    "10009, 0726456483a2c1e0ff1e3d5c7b9ab9d8, k570e9j5cj1t5gf0zwf3tq3vkawxhqr0",
    "540, 573d7067b8ffcf0689d0c97036ff505c, kg25efbgcywfzkr6h78cjw1pzx85r2ha"
  })
  void encodesAndDecodesTheVectors(long table, String internalId, String text) {
    DocumentId id =
        new DocumentId((int) table, InternalId.fromBytes(HexFormat.of().parseHex(internalId)));
    assertThat(id.encode()).isEqualTo(text);
    assertThat(DocumentId.decode(text)).isEqualTo(id);
  }

  @Test
  void roundTripsRandomIds() {
    Random random = new Random(7);
    for (int i = 0; i < 20_000; i++) {
      int table = Math.max(1, random.nextInt() >>> random.nextInt(32));
      DocumentId id = new DocumentId(table, new InternalId(random.nextLong(), random.nextLong()));
      assertThat(DocumentId.decode(id.encode())).isEqualTo(id);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "j57, Unable to decode ID: Invalid ID length 3",
    "j5700000000000000000000000001qv00, Unable to decode ID: Invalid ID length 33",
    "J5700000000000000000000000001QV0, Unable to decode ID: ID wasn't valid base32",
    "j570000000000000000000000000lqv0, Unable to decode ID: ID wasn't valid base32",
    "00000000000000000000000000000000, Unable to decode ID: Invalid table number",
    "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz, Unable to decode ID: Invalid table number",
    "0400000000000000000000000000249, Unable to decode ID: Invalid ID length 31",
    "j5700000000000000000000000001qv1, Unable to decode ID: Invalid ID version 256 (expected 0)"
  })
  void refusesWhatIsNoId(String text, String message) {
    assertThatThrownBy(() -> DocumentId.decode(text)).hasMessage(message);
    assertThat(DocumentId.tryDecode(text)).isNull();
  }

  @Test
  void readsOnlyTheOneSpellingThatItWrites() {
    Random random = new Random(11);
    for (int i = 0; i < 300; i++) {
      int table = Math.max(1, random.nextInt() >>> random.nextInt(32));
      String text =
          new DocumentId(table, new InternalId(random.nextLong(), random.nextLong())).encode();
      for (int at = 0; at < text.length(); at++) {
        for (char letter : "0123456789abcdefghjkmnpqrstvwxyz".toCharArray()) {
          String other = text.substring(0, at) + letter + text.substring(at + 1);
          DocumentId read = DocumentId.tryDecode(other);
          if (read != null) {
            assertThat(read.encode()).as("%s of %s", other, text).isEqualTo(other);
          }
        }
      }
    }
  }

  @Test
  void refusesATableNumberWithASurplusByte() {
    // 0x81 0x00 spells 1 as 0x01 does; the checksum is right
    assertThat(DocumentId.tryDecode(spell("8100" + "00".repeat(16)))).isNull();
    assertThat(DocumentId.tryDecode(spell("01" + "00".repeat(16)))).isNotNull();
  }

  /** The letters of any bytes, with their checksum. */
  private static String spell(String hex) {
    byte[] bytes = HexFormat.of().parseHex(hex);
    int c0 = 0;
    int c1 = 0;
    for (byte b : bytes) {
      c0 = (c0 + b) & 0xff;
      c1 = (c1 + c0) & 0xff;
    }
    java.math.BigInteger bits =
        new java.math.BigInteger(hex + "%02x%02x".formatted(c0, c1), 16)
            .shiftLeft((5 - (bytes.length + 2) * 8 % 5) % 5);
    StringBuilder letters = new StringBuilder();
    for (int i = ((bytes.length + 2) * 8 + 4) / 5 - 1; i >= 0; i--) {
      int digit = bits.shiftRight(5 * i).intValue() & 0x1f;
      letters.append("0123456789abcdefghjkmnpqrstvwxyz".charAt(digit));
    }
    return letters.toString();
  }

  @Test
  void newInternalIdsEndWithTheDay() {
    InternalId id = InternalId.random(new Random(1), 20_572L * 86_400_000 + 5);
    assertThat(id.low() & 0xffff).isEqualTo(0x505c);
    assertThat(InternalId.parse(id.toString())).isEqualTo(id);
    assertThat(id.toString()).hasSize(22);
    assertThat(InternalId.fromBytes(id.toBytes())).isEqualTo(id);
  }
}
