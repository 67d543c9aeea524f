/** The grammar of image references, as container runtimes read them: [host[:port]/]path[:tag][@digest]. */

const host = String.raw`(?:[a-zA-Z0-9](?:[-a-zA-Z0-9]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[-a-zA-Z0-9]*[a-zA-Z0-9])?)*|\[[0-9a-fA-F:]+\])(?::\d+)?`;
const component = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*";
const tag = String.raw`:[\w][\w.-]{0,127}`;
const digest = "@[a-zA-Z][a-zA-Z0-9]*(?:[-_+.][a-zA-Z][a-zA-Z0-9]*)*:[0-9a-fA-F]{32,}";
const reference = new RegExp(`^(?:${host}/)?${component}(?:/${component})*(?:${tag})?(?:${digest})?$`);

/** False for what the kubelet would call an InvalidImageName, which no API server refuses. */
export const isImageReference = (text: string): boolean => reference.test(text);
