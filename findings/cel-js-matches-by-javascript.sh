#!/bin/bash
# @marcbachmann/cel-js 8.0.0 and cel-go 0.26.0, the library of Kubernetes: CEL's matches() is specified with the syntax of RE2. cel-js
# takes JavaScript's without its flag u, in which RE2's classes are valid too and mean something else. So the same expression is
# true in a ValidatingAdmissionPolicy and false in a process on Node, without an error in either.
#
# Seen: "x" matches [[:alpha:]] and \pL in cel-go and not in cel-js; "x]" and "pL" the other way round.
set -euo pipefail
folder=$(mktemp -d)
trap 'chmod -R u+w "$folder"; rm -rf "$folder"' EXIT
cd "$folder"
cat > expressions <<'EXPRESSIONS'
"x".matches("^[[:alpha:]]$")
"a]".matches("^[[:alpha:]]$")
"x".matches("^\\pL$")
"pL".matches("^\\pL$")
EXPRESSIONS

npm init -y > /dev/null
npm install --silent --no-audit --no-fund @marcbachmann/cel-js@8.0.0
cat > run.mjs <<'NODE'
import { readFileSync } from "node:fs";
import { evaluate } from "@marcbachmann/cel-js";
for (const text of readFileSync("expressions", "utf8").trim().split("\n")) console.log(text, evaluate(text));
NODE

export GOMODCACHE="$folder/modules" GOFLAGS=-mod=mod
cat > go.mod <<'GOMOD'
module example.org/cel
go 1.22
require github.com/google/cel-go v0.26.0
GOMOD
cat > main.go <<'GO'
package main

import (
	"bufio"
	"fmt"
	"os"

	"github.com/google/cel-go/cel"
)

func main() {
	env, err := cel.NewEnv()
	if err != nil {
		panic(err)
	}
	file, err := os.Open("expressions")
	if err != nil {
		panic(err)
	}
	for lines := bufio.NewScanner(file); lines.Scan(); {
		ast, issues := env.Compile(lines.Text())
		if issues.Err() != nil {
			panic(issues.Err())
		}
		program, err := env.Program(ast)
		if err != nil {
			panic(err)
		}
		value, _, err := program.Eval(map[string]any{})
		if err != nil {
			panic(err)
		}
		fmt.Println(lines.Text(), value.Value())
	}
}
GO

node run.mjs | tee cel-js
go run . | tee cel-go
[ "$(sed 's/.* //' cel-js | xargs)" = "false true false true" ]
[ "$(sed 's/.* //' cel-go | xargs)" = "true false true false" ]
