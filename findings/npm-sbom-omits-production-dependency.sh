#!/bin/bash
# npm 11.19.1: `npm sbom --omit dev` leaves out a direct production dependency when a development dependency names the same
# package as an optional peer. `npm ls --omit dev` lists it, and the lock file does not mark it as "dev". A bill of materials
# made so misses a package that is shipped.
#
# Seen: sbom with --omit dev: 0 entries of @opentelemetry/api; without: 1; ls --omit dev: 1.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-fund --no-audit --prefix tool npm@11.19.1
npm() { "$folder/tool/node_modules/.bin/npm" "$@"; }
mkdir project && cd project
cat > package.json <<'JSON'
{
  "name": "project", "version": "1.0.0", "private": true,
  "dependencies": { "@opentelemetry/api": "1.10.0" },
  "devDependencies": { "vitest": "5.1.1" }
}
JSON
npm install --silent --no-fund --no-audit --ignore-scripts
count() { grep -c '"@opentelemetry/api"' || true; }
shipped=$(npm sbom --omit dev --sbom-format cyclonedx | grep '"name"' | count)
whole=$(npm sbom --sbom-format cyclonedx | grep '"name"' | count)
listed=$(npm ls --omit dev | grep -c '@opentelemetry/api@1.10.0' || true)
echo "sbom --omit dev: $shipped, sbom: $whole, ls --omit dev: $listed"
[ "$shipped" = 0 ] && [ "$whole" = 1 ] && [ "$listed" = 1 ]
