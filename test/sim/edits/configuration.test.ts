import { isConfiguration, testEdits } from "./families.ts";

testEdits(isConfiguration);
