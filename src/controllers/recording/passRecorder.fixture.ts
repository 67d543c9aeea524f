import type { PassRecorder } from "./passRecorder.ts";
import { parseRecording, type Recording } from "./recording.ts";

/** What a recorder hands out. */
export async function readRecording(
  recorder: Pick<PassRecorder, "read">,
  of?: Parameters<PassRecorder["read"]>[0],
): Promise<Recording> {
  let text = "";
  for await (const part of recorder.read(of).parts) text += part;
  return parseRecording(text);
}
