package dev.freshet.storage;

import dev.freshet.values.ErrorClass;
import dev.freshet.values.FreshetException;

/** A write failed in a way that leaves open whether it took effect. */
public final class UnsureWriteException extends FreshetException {
  public UnsureWriteException(String message, Throwable cause) {
    super(ErrorClass.INTERNAL, "InternalServerError", message, null, cause);
  }
}
