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
 * cookies and without a way to the dashboard's API. It needs inline scripts and styles, and loads nothing from elsewhere: what a job wrote
 * cannot be sent to a third party by requests. 'self' is this server, although the origin of the sandbox is opaque.
 */
export const flinkSecurityHeaders: Readonly<Record<string, string>> = {
  ...securityHeaders,
  "content-security-policy": [
    "sandbox allow-scripts",
    "default-src 'none'",
    "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:",
    "worker-src 'self' blob:",
    "style-src 'self' 'unsafe-inline'",
    "font-src 'self' data:",
    "img-src 'self' data:",
    "connect-src 'self'",
    "manifest-src 'self'",
    "frame-ancestors 'none'",
    "form-action 'none'",
    "base-uri 'self'",
  ].join("; "),
  // The path has the ticket.
  "referrer-policy": "no-referrer",
  // The origin of a sandbox is opaque: for it every answer is of another origin.
  "cross-origin-resource-policy": "cross-origin",
  // By the HTML standard a page with any other policy does not open in a sandbox. Chromium opens it all the same.
  "cross-origin-opener-policy": "unsafe-none",
};
