package dev.freshet.database;

import static dev.freshet.values.FreshetException.badRequest;

import dev.freshet.values.FreshetException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The version of the npm package inside a function: what it is shown of virtual tables. */
public record ClientVersion(int major, int minor) {
  private static final Pattern FORM = Pattern.compile("(\\d{1,6})\\.(\\d{1,6})(\\..*)?");

  /**
   * @throws FreshetException {@code InvalidClientVersion} if there is none, as in packages that
   *     knew nothing of virtual tables
   */
  static ClientVersion of(@Nullable String text) {
    Matcher form = FORM.matcher(text == null ? "" : text);
    if (!form.matches()) {
      throw badRequest(
          "InvalidClientVersion",
          "Upgrade to NPM version 1.6 or a newer one to read system tables.");
    }
    return new ClientVersion(Integer.parseInt(form.group(1)), Integer.parseInt(form.group(2)));
  }

  public boolean isAtLeast(int otherMajor, int otherMinor) {
    return major > otherMajor || (major == otherMajor && minor >= otherMinor);
  }
}
