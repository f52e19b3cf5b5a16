package dev.freshet.functions;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CauseOfDeathTest {
  @ParameterizedTest
  @CsvSource(
      textBlock =
          """
          134, FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory, HEAP
          133, '# Fatal JavaScript invalid size error: JavaScript heap out of memory', HEAP
          134, FATAL ERROR: invalid table size Allocation failed - JavaScript heap out of memory, HEAP
          134, FATAL ERROR: Zone Allocation failed - process out of memory, DATA_LIMIT
          134, terminate called after throwing an instance of 'std::bad_alloc', DATA_LIMIT
          137, '', KILLED_FROM_OUTSIDE
          137, JavaScript heap out of memory, KILLED_FROM_OUTSIDE
          143, '', KILLED_FROM_OUTSIDE
          139, '', UNKNOWN
          0, '', UNKNOWN
          1, ReferenceError: x is not defined, UNKNOWN
          """)
  void isReadFromTheExitCodeAndTheEnginesReport(int code, String output, CauseOfDeath cause) {
    assertThat(CauseOfDeath.of(code, output)).isEqualTo(cause);
  }
}
