import { isPodTemplate, testEdits } from "./families.ts";

testEdits(isPodTemplate);
