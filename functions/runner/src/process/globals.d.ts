/** The script that makes a context's environment (src/context), put in by the build. */
declare const ENVIRONMENT_SOURCE: string;
