package dev.freshet.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.values.ErrorClass;
import dev.freshet.values.FreshetException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a class of errors means for HTTP and for a session (spec 40 §7.8, spec 10 §9). */
class FarewellTest {
  @ParameterizedTest
  @CsvSource({
    "BAD_REQUEST,400,FatalError,0",
    "PAGINATION_LIMIT,400,FatalError,1000",
    "UNAUTHENTICATED,401,AuthError,0",
    "AUTH_UPDATE_FAILED,401,AuthError,0",
    "FORBIDDEN,403,FatalError,1000",
    "NOT_FOUND,404,,1000",
    "CLIENT_DISCONNECT,408,,1000",
    "CONFLICT,409,FatalError,0",
    "MISDIRECTED_REQUEST,421,,1013",
    "TOO_EARLY,425,,1013",
    "RATE_LIMITED,429,,1013",
    "OPERATIONAL,500,,1011",
    "INTERNAL,500,,1011",
    "OCC,503,,1013",
    "OUT_OF_RETENTION,503,,1013",
    "OVERLOADED,503,,1013",
    "FEATURE_TEMPORARILY_UNAVAILABLE,503,,1013",
    "REJECTED_BEFORE_EXECUTION,503,,1013",
  })
  void everyClassHasItsStatusAndItsEnd(
      ErrorClass of, int status, @Nullable String message, int code) {
    assertThat(of.httpStatus()).isEqualTo(status);
    Farewell farewell = Farewell.after(new FreshetException(of, "Code", "text"), 3);
    ServerMessage said = farewell.message();
    assertThat(said == null ? null : said.getClass().getSimpleName()).isEqualTo(message);
    assertThat(farewell.code()).isEqualTo(code == 0 ? SyncSocket.NO_CODE : code);
  }

  @Test
  void whatAClientCannotHelpIsNotToldByName() {
    FreshetException failure = new FreshetException(ErrorClass.INTERNAL, "Secret", "secret");
    assertThat(Farewell.after(failure, 0).reason()).isEqualTo("InternalServerError");
  }
}
