import { isConfiguration, isPodTemplate, testEdits } from "./families.ts";

testEdits((field) => !isConfiguration(field) && !isPodTemplate(field));
