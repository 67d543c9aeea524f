import { testFaultFree } from "./families.ts";

testFaultFree();
