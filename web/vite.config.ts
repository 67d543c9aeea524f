import { defineConfig } from "vite";

/** The front end as static files below dist/dashboard, for a content security policy of `default-src 'self'`. */
export default defineConfig({
  root: import.meta.dirname,
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: "../dist/dashboard",
    emptyOutDir: true,
    // light-dark() and nested rules stay as they are written.
    target: ["chrome123", "firefox121", "safari17.5"],
    // A data: URL would need an exception in the content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
});
