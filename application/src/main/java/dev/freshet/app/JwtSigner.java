package dev.freshet.app;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.values.FreshetException;
import dev.freshet.values.Limit;
import dev.freshet.values.Limits;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.Base64;
import java.util.Locale;
import java.util.Set;
import org.bouncycastle.asn1.x9.X9ECParameters;
import org.bouncycastle.crypto.digests.SHA256Digest;
import org.bouncycastle.crypto.ec.CustomNamedCurves;
import org.bouncycastle.crypto.params.ECDomainParameters;
import org.bouncycastle.crypto.params.ECPrivateKeyParameters;
import org.bouncycastle.crypto.signers.ECDSASigner;
import org.bouncycastle.crypto.signers.HMacDSAKCalculator;
import org.bouncycastle.math.ec.ECPoint;
import org.bouncycastle.math.ec.FixedPointCombMultiplier;
import org.bouncycastle.util.BigIntegers;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Signs tokens for mutations with the deployment's key (spec 30 §12.10): ES256, with a key that is
 * derived from the instance secret, and published at {@code /.well-known/jwks.json}. Signatures
 * follow RFC 6979: equal claims at equal times make equal tokens, and no randomness is used up.
 * Thread-safe.
 */
final class JwtSigner {
  private static final int SCALAR_BYTES = 32;
  private static final Set<String> SET_BY_THE_SERVER = Set.of("iss", "iat", "exp", "nbf");
  private static final ECDomainParameters P256 = p256();

  private final ECPrivateKeyParameters key;
  private final ObjectNode publicKey;
  private final String header;
  private final String issuer;
  private final Limits limits;

  /**
   * @param issuer the deployment's address, {@code CONVEX_CLOUD_URL}
   */
  JwtSigner(InstanceCredentials credentials, String issuer, Limits limits) {
    BigInteger scalar = scalar(credentials.secret());
    this.key = new ECPrivateKeyParameters(scalar, P256);
    ECPoint point = new FixedPointCombMultiplier().multiply(P256.getG(), scalar).normalize();
    String x = base64(point.getAffineXCoord().getEncoded());
    String y = base64(point.getAffineYCoord().getEncoded());
    // The members that RFC 7638 hashes, in its order.
    String members = "{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"" + x + "\",\"y\":\"" + y + "\"}";
    String id = base64(Hashes.sha256().digest(members.getBytes(UTF_8)));
    this.publicKey =
        Json.object()
            .put("kty", "EC")
            .put("crv", "P-256")
            .put("x", x)
            .put("y", y)
            .put("use", "sig")
            .put("alg", "ES256")
            .put("kid", id);
    this.header =
        base64(Json.writeBytes(Json.object().put("alg", "ES256").put("typ", "JWT").put("kid", id)));
    this.issuer = issuer;
    this.limits = limits;
  }

  private static ECDomainParameters p256() {
    X9ECParameters curve = CustomNamedCurves.getByName("P-256");
    return new ECDomainParameters(curve.getCurve(), curve.getG(), curve.getN(), curve.getH());
  }

  /** The first of the derived numbers that can be a key; practically always the very first. */
  private static BigInteger scalar(byte[] secret) {
    for (int attempt = 0; ; attempt++) {
      byte[] derived = TokenCipher.deriveKey(secret, "jwt signing key " + attempt, SCALAR_BYTES);
      BigInteger scalar = new BigInteger(1, derived);
      if (scalar.signum() > 0 && scalar.compareTo(P256.getN()) < 0) {
        return scalar;
      }
    }
  }

  /** The public keys, as a JWK set. */
  String keySet() {
    ObjectNode set = Json.object();
    set.putArray("keys").add(publicKey);
    return Json.write(set);
  }

  /**
   * Answers {@code signJwt}: a compact token, as JSON.
   *
   * @param argsJson {@code claims} and {@code expiresInSeconds}; anything else is ignored
   * @param unixMillis the clock of the mutation
   * @throws FreshetException {@code InvalidJwtClaims}, {@code InvalidJwtExpiration}
   */
  String sign(String argsJson, long unixMillis) {
    SyscallArgs args = SyscallArgs.parse("signJwt", argsJson);
    ObjectNode claims = claims(args);
    long now = Math.floorDiv(unixMillis, 1000L);
    claims.put("iss", issuer).put("iat", now).put("exp", now + life(args));
    String signed = header + '.' + base64(Json.writeBytes(claims));
    return Json.text(signed + '.' + base64(signature(signed)));
  }

  private ObjectNode claims(SyscallArgs args) {
    String json = args.optionalJson("claims");
    if (json == null) {
      return Json.object();
    }
    long most = limits.get(Limit.MAX_JWT_CLAIMS_SIZE);
    if (json.getBytes(UTF_8).length > most) {
      throw invalidClaims("the claims of a token may have at most " + most + " bytes as JSON.");
    }
    JsonNode claims = Json.parse(json, "InvalidJwtClaims");
    if (!(claims instanceof ObjectNode object)) {
      throw invalidClaims("the claims of a token must be an object.");
    }
    for (String name : object.propertyNames()) {
      String lower = name.toLowerCase(Locale.ROOT);
      if (SET_BY_THE_SERVER.contains(lower)
          || lower.startsWith("convex")
          || lower.startsWith("cvx")) {
        throw invalidClaims("the claim `" + name + "` is reserved.");
      }
    }
    return object;
  }

  private static FreshetException invalidClaims(String why) {
    return FreshetException.badRequest("InvalidJwtClaims", "Invalid claims for `signJwt`: " + why);
  }

  private long life(SyscallArgs args) {
    long most = limits.get(Limit.MAX_JWT_EXPIRY_SECONDS);
    String given = args.optionalJson("expiresInSeconds");
    try {
      double seconds = given == null ? 0 : Double.parseDouble(given);
      if (seconds == Math.rint(seconds) && seconds >= 1 && seconds <= most) {
        return (long) seconds;
      }
    } catch (NumberFormatException e) {
      // Not a number: refused below.
    }
    throw FreshetException.badRequest(
        "InvalidJwtExpiration",
        "`expiresInSeconds` of `signJwt` must be a whole number from 1 to " + most + ".");
  }

  /** Both halves of the signature, 32 bytes each, as JWS wants them. */
  private byte[] signature(String signed) {
    ECDSASigner signer = new ECDSASigner(new HMacDSAKCalculator(new SHA256Digest()));
    signer.init(true, key);
    BigInteger[] halves = signer.generateSignature(Hashes.sha256().digest(signed.getBytes(UTF_8)));
    byte[] signature = Arrays.copyOf(half(halves[0]), 2 * SCALAR_BYTES);
    System.arraycopy(half(halves[1]), 0, signature, SCALAR_BYTES, SCALAR_BYTES);
    return signature;
  }

  private static byte[] half(BigInteger number) {
    return BigIntegers.asUnsignedByteArray(SCALAR_BYTES, number);
  }

  private static String base64(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }
}
