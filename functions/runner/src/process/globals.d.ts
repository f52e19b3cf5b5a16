/** The script that makes a context's environment (src/context), put in by the build. */
declare const ENVIRONMENT_SOURCE: string;
/** The script that makes the web classes of a context (src/web), put in by the build. */
declare const WEB_SOURCE: string;
