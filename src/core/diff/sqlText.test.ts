import { expect, it } from "vitest";
import { withoutComments } from "./sqlText.ts";

it.each([
  ["INSERT INTO a SELECT 1", "  INSERT   INTO a\n\tSELECT 1\n"],
  ["SELECT a, b FROM t", "SELECT a, -- it's a\n b /* a 'comment' ; */ FROM t -- end"],
  ["SELECT 'a  -- b', `c  d` FROM t", "SELECT  'a  -- b',  `c  d` FROM t"],
  ["SELECT 'it''s  /* no */' FROM t", "SELECT 'it''s  /* no */'/**/FROM t"],
  ["SELECT 'a'\n'b'", "SELECT 'a' -- one\n  'b'"],
  ["SELECT 'a'\n'b'", "SELECT 'a' /* one\r */ 'b'"],
  ["SELECT a - -1", "SELECT a -/* minus */-1"],
])("keeps the meaning: %s", (expected, script) => {
  expect(withoutComments(script)).toBe(expected);
});

it.each([
  ["a quoted blank", "SELECT 'a b'", "SELECT 'a  b'"],
  ["a quoted comment", "SELECT 'a --b'", "SELECT 'a'"],
  ["a quoted line break", "SELECT 'a\nb'", "SELECT 'a b'"],
  ["a blank after a doubled quote", "SELECT 'it''s  b'", "SELECT 'it''s b'"],
  ["quoted texts that are one on two lines only", "SELECT 'a' 'b'", "SELECT 'a'\n'b'"],
  ["a hint", "SELECT /*+ OPTIONS('a'='1') */ 1", "SELECT /*+ OPTIONS('a'='2') */ 1"],
  ["what a comment's quote seems to quote", "-- it's\nSELECT 'a  b'", "-- it's\nSELECT 'a b'"],
  ["what a // comment's quote seems to quote", "// it's\nSELECT 'a  b'", "// it's\nSELECT 'a b'"],
  ["a number", "SELECT 1 1", "SELECT 11"],
  ["text after a quote that does not end", "SELECT 'a  b", "SELECT 'a b"],
  ["text after a comment that does not end", "SELECT /* a  b", "SELECT /* a b"],
  ["letters' case", "SELECT a", "SELECT A"],
])("differs with %s", (_, one, other) => {
  expect(withoutComments(one)).not.toBe(withoutComments(other));
});
