import { testUndisturbed } from "./families.ts";

testUndisturbed();
