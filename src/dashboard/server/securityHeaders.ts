/**
 * Of every answer. Scripts and styles come from this server alone; styles of elements are set by script, which needs no exception. Nobody
 * may put a page of ours into a frame.
 */
export const securityHeaders: Readonly<Record<string, string>> = {
  "content-security-policy": [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join("; "),
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  // With "no-referrer" a browser may send "Origin: null" with a write.
  "referrer-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=()",
};

/**
 * Of what Flink's UI sends. It is a program of somebody else, and may show what a job wrote: it runs in an origin of its own, without
 * cookies and without a way to the dashboard's API.
 */
export const flinkSecurityHeaders: Readonly<Record<string, string>> = {
  ...securityHeaders,
  "content-security-policy":
    "sandbox allow-scripts; frame-ancestors 'none'; form-action 'none'; base-uri 'self'",
  // The path has the ticket.
  "referrer-policy": "no-referrer",
  // The origin of a sandbox is opaque: for it every answer is of another origin.
  "cross-origin-resource-policy": "cross-origin",
  // By the HTML standard a page with any other policy does not open in a sandbox. Chromium opens it all the same.
  "cross-origin-opener-policy": "unsafe-none",
};
