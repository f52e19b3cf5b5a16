package dev.freshet.app;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.random.RandomGenerator;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.bouncycastle.crypto.InvalidCipherTextException;
import org.bouncycastle.crypto.engines.XSalsa20Engine;
import org.bouncycastle.crypto.macs.Poly1305;
import org.bouncycastle.crypto.modes.GCMSIVBlockCipher;
import org.bouncycastle.crypto.params.AEADParameters;
import org.bouncycastle.crypto.params.KeyParameter;
import org.bouncycastle.crypto.params.ParametersWithIV;
import org.jspecify.annotations.Nullable;

/**
 * Turns plain bytes into opaque tokens and back, for one purpose (spec 50 §9.6): hexadecimal of
 * {@code version ‖ nonce ‖ ciphertext ‖ tag} by AES-128-GCM-SIV with the version as associated data
 * and a key derived from the instance secret and the purpose. Deterministic tokens use a nonce of
 * zeroes and leave it out. Thread-safe.
 */
final class TokenCipher {
  private static final int NONCE_LENGTH = 12;
  private static final int TAG_LENGTH = 16;
  private static final int KEY_LENGTH = 16;
  private static final int LEGACY_NONCE_LENGTH = 24;
  private static final byte[] ZERO_NONCE = new byte[NONCE_LENGTH];

  private final byte[] secret;
  private final KeyParameter key;
  private final byte version;
  private final @Nullable RandomGenerator nonces;

  private TokenCipher(
      byte[] secret, String purpose, int version, @Nullable RandomGenerator nonces) {
    this.secret = secret;
    this.key = new KeyParameter(deriveKey(secret, purpose, KEY_LENGTH));
    this.version = (byte) version;
    this.nonces = nonces;
  }

  /** Equal plain bytes make equal tokens. */
  static TokenCipher deterministic(byte[] secret, String purpose, int version) {
    return new TokenCipher(secret, purpose, version, null);
  }

  static TokenCipher randomized(
      byte[] secret, String purpose, int version, RandomGenerator nonces) {
    return new TokenCipher(secret, purpose, version, nonces);
  }

  String seal(byte[] plain) {
    byte[] nonce = ZERO_NONCE;
    int nonceLength = 0;
    if (nonces != null) {
      nonce = new byte[NONCE_LENGTH];
      nonces.nextBytes(nonce);
      nonceLength = NONCE_LENGTH;
    }
    byte[] token = new byte[1 + nonceLength + plain.length + TAG_LENGTH];
    token[0] = version;
    System.arraycopy(nonce, 0, token, 1, nonceLength);
    GCMSIVBlockCipher cipher = cipher(true, nonce);
    int out = 1 + nonceLength;
    try {
      out += cipher.processBytes(plain, 0, plain.length, token, out);
      cipher.doFinal(token, out);
    } catch (InvalidCipherTextException e) {
      throw new IllegalStateException(e);
    }
    return HexFormat.of().formatHex(token);
  }

  /** The plain bytes, or null if {@link #seal} with the same secret did not make the token. */
  byte @Nullable [] open(String token) {
    byte[] bytes = parseHex(token);
    int nonceLength = nonces == null ? 0 : NONCE_LENGTH;
    int start = 1 + nonceLength;
    if (bytes == null || bytes.length < start + TAG_LENGTH || bytes[0] != version) {
      return null;
    }
    byte[] nonce = nonceLength == 0 ? ZERO_NONCE : Arrays.copyOfRange(bytes, 1, start);
    GCMSIVBlockCipher cipher = cipher(false, nonce);
    byte[] plain = new byte[bytes.length - start - TAG_LENGTH];
    try {
      int out = cipher.processBytes(bytes, start, bytes.length - start, plain, 0);
      cipher.doFinal(plain, out);
      return plain;
    } catch (InvalidCipherTextException e) {
      return null; // the tag does not match: not ours
    }
  }

  /**
   * Opens a token in the older form that existing instances still hold: {@code version ‖ nonce(24)
   * ‖ tag ‖ ciphertext} by XSalsa20-Poly1305, keyed with the instance secret itself.
   */
  byte @Nullable [] openLegacy(String token) {
    byte[] bytes = parseHex(token);
    int cipherStart = 1 + LEGACY_NONCE_LENGTH + TAG_LENGTH;
    if (bytes == null || bytes.length < cipherStart || bytes[0] != version) {
      return null;
    }
    XSalsa20Engine stream = new XSalsa20Engine();
    stream.init(
        false,
        new ParametersWithIV(
            new KeyParameter(secret), Arrays.copyOfRange(bytes, 1, 1 + LEGACY_NONCE_LENGTH)));
    byte[] tagKey = new byte[32]; // the stream's first 32 bytes
    stream.processBytes(tagKey, 0, tagKey.length, tagKey, 0);
    Poly1305 authenticator = new Poly1305();
    authenticator.init(new KeyParameter(tagKey));
    authenticator.update(bytes, cipherStart, bytes.length - cipherStart);
    byte[] tag = new byte[TAG_LENGTH];
    authenticator.doFinal(tag, 0);
    if (!MessageDigest.isEqual(
        tag, Arrays.copyOfRange(bytes, 1 + LEGACY_NONCE_LENGTH, cipherStart))) {
      return null;
    }
    byte[] plain = new byte[bytes.length - cipherStart];
    stream.processBytes(bytes, cipherStart, plain.length, plain, 0);
    return plain;
  }

  private GCMSIVBlockCipher cipher(boolean encrypt, byte[] nonce) {
    GCMSIVBlockCipher cipher = new GCMSIVBlockCipher();
    cipher.init(encrypt, new AEADParameters(key, TAG_LENGTH * 8, nonce, new byte[] {version}));
    return cipher;
  }

  private static byte @Nullable [] parseHex(String token) {
    try {
      return HexFormat.of().parseHex(token);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  /**
   * Key derivation in counter mode (NIST SP 800-108) with HMAC-SHA256: one block is enough.
   *
   * @param length at most 32 bytes
   */
  static byte[] deriveKey(byte[] secret, String purpose, int length) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(secret, "HmacSHA256"));
      mac.update(new byte[] {0, 0, 0, 1});
      return Arrays.copyOf(mac.doFinal(purpose.getBytes(UTF_8)), length);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e); // every JDK has HmacSHA256
    }
  }
}
