/**
 * Plays recordings of the Java operator's autoscaler: `npm run --silent golden:autoscaler -- FOLDER`. Prints the first step of
 * each that comes out otherwise, and as the last line how many passed. Exits with code 1 if one failed or there is none. The
 * format: test/golden/README.md.
 */
import { playFiles } from "../test/support/autoscaler/playFiles.ts";
import { pathArgument, report } from "../test/support/recordingFiles.ts";

process.exitCode = report(playFiles(pathArgument("golden:autoscaler")));
