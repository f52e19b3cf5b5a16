/**
 * Runs users' JavaScript in supervised Node.js processes. The public API is {@link
 * dev.freshet.functions.FunctionRunner}; everything a function asks of the outside goes through its
 * {@link dev.freshet.functions.FunctionHost}.
 */
@NullMarked
package dev.freshet.functions;

import org.jspecify.annotations.NullMarked;
