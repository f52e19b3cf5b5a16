/** The load generator and the benchmarks; run with {@code ./freshet bench}. */
@NullMarked
package dev.freshet.bench;

import org.jspecify.annotations.NullMarked;
