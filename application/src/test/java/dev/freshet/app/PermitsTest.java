package dev.freshet.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.freshet.app.Permits.Permit;
import dev.freshet.values.FreshetException;
import org.junit.jupiter.api.Test;

class PermitsTest {
  @Test
  void refusesWhenAllPlacesStayTaken() {
    Permits permits = new Permits("query", 2, 0);
    try (Permit _ = permits.acquire()) {
      try (Permit _ = permits.acquire()) {
        assertThatThrownBy(permits::acquire)
            .isInstanceOfSatisfying(
                FreshetException.class,
                e -> {
                  assertThat(e.errorClass().httpStatus()).isEqualTo(429);
                  assertThat(e.code()).isEqualTo("TooManyConcurrentRequests");
                  assertThat(e.text())
                      .startsWith(
                          "Too many concurrent requests. Your backend is limited to 2 concurrent"
                              + " queries.");
                });
      }
      permits.acquire().close();
    }
    assertThat(permits.taken()).isZero();
  }
}
