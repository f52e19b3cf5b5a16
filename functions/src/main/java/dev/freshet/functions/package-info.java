@NullMarked
package dev.freshet.functions;

import org.jspecify.annotations.NullMarked;
