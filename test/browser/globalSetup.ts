/** Before the browser tests: Debian's Chromium, and the front end as it is served. */
import { need, run } from "../../images/command.ts";

export async function setup(): Promise<void> {
  try {
    await need("chromium", ["--version"], "chromium");
  } catch (error) {
    throw new Error(
      `The browser tests need Chromium, which could not be installed. On Debian: apt-get install chromium.\n${error}`,
    );
  }
  await run("npm", ["run", "--silent", "web"]);
}
