import { testPlans } from "./families.ts";
import { deletion } from "./planKinds.ts";

testPlans(deletion);
